/** The history of one endpoint: how long calls took, how many there were, and the last of them. */
import { useMemo, useState } from "react";
import { Checkbox, Select } from "../../kit/Fields";
import { Failure } from "../../kit/Notice";
import { Page } from "../../kit/Page";
import { Plot } from "../../kit/Plot";
import { Table, type TableColumn } from "../../kit/Table";
import { useTexts } from "../../texts";
import { Answered } from "./Answered";
import { type CallRecord, useCalls, useMinutes, useWidget } from "./data";
import { drawn } from "./drawn";
import { Ways } from "./Ways";
import { useWords } from "./words";

const HOURS = [1, 6, 24, 48];

export function CallsPage({ id }: { id: string }) {
  const t = useTexts().endpoints;
  const widget = useWidget(id);
  const [failed, setFailed] = useState(false);
  const calls = useCalls(id, failed);
  const columns = useColumns();
  const error = widget.error ?? calls.error;
  return (
    <Page title={widget.data?.name ?? t.title} summary={widget.data && <code>{widget.data.path ?? widget.data.execute_url}</code>}>
      <Ways id={id} />
      {error && <Failure error={error} retry={() => void calls.refetch()} />}
      <Plots id={id} />
      <Checkbox label={t.onlyFailed} value={failed} onChange={setFailed} />
      {calls.data?.data.length === 0 && <div className="empty">{failed ? t.noFailures : t.noCalls}</div>}
      {!!calls.data?.data.length && (
        <>
          <Table label={t.history} columns={columns} rows={calls.data.data} rowKey={(row) => `${row.at}/${row.run}`} />
          <p className="quiet-text">{t.ofEach}</p>
        </>
      )}
    </Page>
  );
}

function Plots({ id }: { id: string }) {
  const t = useTexts().endpoints;
  const [hours, setHours] = useState(1);
  const { data: minutes, dataUpdatedAt: now } = useMinutes(id, hours);
  const { x, latency, volume } = useMemo(() => drawn(minutes ?? [], t), [minutes, t]);
  const range = useMemo(() => [now / 1000 - hours * 3600, now / 1000] as const, [now, hours]);
  return (
    <section className="stack">
      <div className="ep-period">
        <Select
          label={t.period}
          value={String(hours)}
          onChange={(value) => setHours(Number(value))}
          options={HOURS.map((count) => ({ value: String(count), label: t.hours(count) }))}
        />
      </div>
      <div className="split">
        <Plot label={t.latency} x={x} series={latency} unit="ms" range={range} />
        <Plot label={t.volume} x={x} series={volume} unit="count" range={range} />
      </div>
    </section>
  );
}

function useColumns(): TableColumn<CallRecord>[] {
  const t = useTexts().endpoints;
  const words = useWords();
  const ms = (name: "upstream" | "queue" | "run", title: string): TableColumn<CallRecord> => ({
    id: name,
    title,
    width: "90px",
    align: "end",
    render: (call) => words.ms(call[name]),
  });
  return [
    { id: "at", title: t.when, width: "170px", render: (call) => words.both(call.at) },
    { id: "status", title: t.answer, width: "120px", render: (call) => <Answered status={call.status} failed={call.failed} /> },
    { id: "detail", title: t.whatHappened, width: "minmax(160px, 1fr)", render: (call) => <Happened call={call} /> },
    { id: "cache", title: t.cache, width: "70px", render: (call) => call.cache ?? "" },
    ms("upstream", t.upstream),
    ms("queue", t.queue),
    ms("run", t.runTime),
    { id: "isolation", title: t.isolation, width: "80px", render: (call) => call.isolation },
  ];
}

function Happened({ call }: { call: CallRecord }) {
  const t = useTexts().endpoints;
  if (!call.failed) return null;
  return (
    <span className="ep-happened">
      <code>{call.code}</code> {call.line !== null && `${t.line(call.line)}: `}
      {call.detail}
    </span>
  );
}
