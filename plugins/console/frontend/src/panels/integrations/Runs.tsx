import { useMemo } from "react";
import { usePanel } from "../../api/context";
import { Badge } from "../../kit/Badge";
import { Plot } from "../../kit/Plot";
import { Table } from "../../kit/Table";
import { useTexts } from "../../texts";
import { isOver, type Run } from "./data";
import { useWords } from "./route";

/** All runs that are kept: over time, and one by one. */
export function Runs({ id, runs }: { id: string; runs: Run[] }) {
  const t = useTexts().integrations;
  const panel = usePanel();
  const { time, number, seconds } = useWords();
  if (!runs.length) return null;
  const columns = [
    { id: "at", title: t.began, render: (one: Run) => time(one.createdAt), width: "minmax(11rem, 1fr)" },
    { id: "endpoint", title: t.endpoint, render: (one: Run) => one.endpointId },
    { id: "status", title: t.status, render: (one: Run) => <Badge state={one.status} /> },
    ...(["recordsIn", "created", "updated", "failed"] as const).map((name) => ({
      id: name,
      title: t.counts[name],
      align: "end" as const,
      render: (one: Run) => number(one[name]),
    })),
    { id: "took", title: t.took, align: "end" as const, render: (one: Run) => seconds(one.startedAt, one.finishedAt) },
  ];
  return (
    <section className="stack" aria-label={t.runs}>
      <h2>{t.runs}</h2>
      <Plots runs={runs} />
      <Table label={t.runs} columns={columns} rows={runs} rowKey={(one) => one.id} onOpen={(one) => panel.navigate(`/${id}/runs/${one.id}`)} />
    </section>
  );
}

function Plots({ runs }: { runs: Run[] }) {
  const t = useTexts().integrations;
  const over = useMemo(() => runs.filter((one) => isOver(one) && one.startedAt).reverse(), [runs]);
  const x = useMemo(() => over.map((one) => Date.parse(one.createdAt) / 1000), [over]);
  const records = useMemo(
    () => [
      { label: t.counts.recordsIn, values: over.map((one) => one.recordsIn), tone: "accent" as const },
      { label: t.counts.failed, values: over.map((one) => one.failed), tone: "bad" as const },
    ],
    [over, t],
  );
  const times = useMemo(
    () => [{ label: t.took, values: over.map((one) => (Date.parse(one.finishedAt!) - Date.parse(one.startedAt!)) / 1000), tone: "accent" as const }],
    [over, t],
  );
  if (over.length < 2) return null;
  return (
    <div className="split">
      <Plot label={t.recordsOverTime} x={x} series={records} unit="count" />
      <Plot label={t.secondsOverTime} x={x} series={times} unit="s" />
    </div>
  );
}
