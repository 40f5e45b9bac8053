import { useState } from "react";
import { usePanel } from "../../api/context";
import { Badge } from "../../kit/Badge";
import { Button } from "../../kit/Button";
import { TextField } from "../../kit/Fields";
import { Failure } from "../../kit/Notice";
import { Page } from "../../kit/Page";
import { Table } from "../../kit/Table";
import { useTexts } from "../../texts";
import { useIntegrations } from "./data";
import { Mark } from "./Mark";
import { type Saved, titleOf } from "./model";
import { useWords } from "./route";

export function List() {
  const t = useTexts().integrations;
  const panel = usePanel();
  const { data, error, refetch } = useIntegrations();
  const [search, setSearch] = useState("");
  const found = (data ?? []).filter((one) => `${one.name} ${one.displayName} ${one.description}`.toLowerCase().includes(search.toLowerCase()));
  const actions = (
    <>
      <Button onPress={() => panel.navigate("/import")}>{t.import}</Button>
      <Button kind="primary" onPress={() => panel.navigate("/new/basics")}>
        {t.new}
      </Button>
    </>
  );
  return (
    <Page title={t.title} summary={t.summary} actions={actions}>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {data && data.length > 5 && (
        <div className="narrow">
          <TextField label={t.find} type="search" value={search} onChange={setSearch} />
        </div>
      )}
      {data?.length === 0 && <Beginning />}
      {!!data?.length && <Integrations found={found} />}
    </Page>
  );
}

function Beginning() {
  const t = useTexts().integrations;
  return (
    <section className="card stack beginning">
      <h2>{t.none}</h2>
      <p>{t.noneHelp}</p>
      <ol className="quiet-text">
        {t.workflow.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ol>
    </section>
  );
}

function Integrations({ found }: { found: Saved[] }) {
  const t = useTexts().integrations;
  const panel = usePanel();
  const { time, number } = useWords();
  const columns = [
    { id: "name", title: t.name, width: "minmax(14rem, 2fr)", render: (one: Saved) => <Named one={one} /> },
    { id: "status", title: t.status, render: (one: Saved) => <Badge state={one.status} /> },
    {
      id: "test",
      title: t.lastTest,
      render: (one: Saved) => (one.lastTestResult ? <Outcome state={one.lastTestResult} at={time(one.lastTestedAt)} /> : "–"),
    },
    {
      id: "run",
      title: t.lastRun,
      width: "minmax(16rem, 1.6fr)",
      render: (one: Saved) =>
        one.lastRun ? <Outcome state={one.lastRun.status} at={t.recordsAt(number(one.lastRun.recordsIn), time(one.lastRun.createdAt))} /> : "–",
    },
    { id: "next", title: t.nextSync, render: (one: Saved) => time(one.nextSyncAt) },
  ];
  return (
    <Table
      label={t.title}
      columns={columns}
      rows={found}
      rowKey={(one) => one.id}
      onOpen={(one) => panel.navigate(`/${one.id}/${one.status === "active" ? "sync" : "basics"}`)}
    />
  );
}

const Named = ({ one }: { one: Saved }) => (
  <span className="row named">
    <Mark of={one} />
    <span className="stack tight">
      <strong>{titleOf(one)}</strong>
      {one.displayName && one.displayName !== one.name && <span className="quiet-text">{one.name}</span>}
    </span>
  </span>
);

const Outcome = ({ state, at }: { state: string; at: string }) => (
  <span className="stack tight">
    <span>
      <Badge state={state} />
    </span>
    <span className="quiet-text">{at}</span>
  </span>
);
