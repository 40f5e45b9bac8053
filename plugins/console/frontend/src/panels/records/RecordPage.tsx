/** One record: what it holds, where it came from, and changing it. */
import { useState } from "react";
import { usePanel } from "../../api/context";
import { problemFrom } from "../../api/problem";
import { Button } from "../../kit/Button";
import { useConfirm } from "../../kit/Confirm";
import { JsonView } from "../../kit/JsonView";
import { Failure, Notice } from "../../kit/Notice";
import { Page } from "../../kit/Page";
import { useTexts } from "../../texts";
import { deleteRecord, restoreRecord, useRecord, useType } from "./data";
import { EditRecord } from "./EditRecord";
import { labelOf, nameOf, type Shard, type ShardType } from "./model";
import { listPath } from "./route";
import { Value } from "./Value";
import { useWords } from "./words";

export function RecordPage({ id }: { id: string }) {
  const t = useTexts().records;
  const record = useRecord(id);
  if (record.data) return <Shown record={record.data} />;
  return <Page title={t.record}>{record.error ? <Failure error={record.error} retry={() => void record.refetch()} /> : t.loading}</Page>;
}

function Shown({ record }: { record: Shard }) {
  const t = useTexts().records;
  const panel = usePanel();
  const { data: type } = useType(record.type);
  const [editing, setEditing] = useState(false);
  const acts = useActs(record);
  const actions = (
    <>
      {!record.deletedAt && type && !editing && <Button onPress={() => setEditing(true)}>{t.edit}</Button>}
      {record.deletedAt ? (
        <>
          <Button kind="danger" onPress={() => void acts.purge()}>
            {t.purge}
          </Button>
          <Button kind="primary" onPress={() => void acts.restore()}>
            {t.restore}
          </Button>
        </>
      ) : (
        <Button kind="danger" onPress={() => void acts.remove()}>
          {t.delete}
        </Button>
      )}
    </>
  );
  return (
    <Page title={record.externalId} summary={<a href={panel.href(listPath(record.type))}>{`← ${type ? nameOf(type) : record.type}`}</a>} actions={actions}>
      {record.deletedAt && <Notice tone="bad">{t.isDeleted}</Notice>}
      {editing && type ? (
        <EditRecord record={record} type={type} onClose={() => setEditing(false)} />
      ) : (
        <div className="split">
          {type && <Fields record={record} type={type} />}
          <Origin record={record} />
        </div>
      )}
    </Page>
  );
}

function useActs(record: Shard) {
  const t = useTexts().records;
  const panel = usePanel();
  const confirm = useConfirm();
  const doing = async (act: () => Promise<unknown>, said: string) => {
    try {
      await act();
      panel.notify(said, "good");
      return true;
    } catch (failure) {
      panel.notify(problemFrom(failure).detail, "bad");
      return false;
    }
  };
  return {
    remove: async () => {
      const sure = await confirm({ title: t.deleteTitle(record.externalId), text: t.deleteText, action: t.delete, danger: true });
      if (sure) await doing(() => deleteRecord(record.id, false), t.wasDeleted);
    },
    restore: () => doing(() => restoreRecord(record.id), t.wasRestored),
    purge: async () => {
      const sure = await confirm({ title: t.purgeTitle(record.externalId), text: t.purgeText, action: t.purge, danger: true });
      if (sure && (await doing(() => deleteRecord(record.id, true), t.wasPurged))) panel.navigate(listPath(record.type), { replace: true });
    },
  };
}

function Fields({ record, type }: { record: Shard; type: ShardType }) {
  const t = useTexts().records;
  const others = Object.fromEntries(Object.entries(record.data).filter(([name]) => !type.fields.some((field) => field.name === name)));
  return (
    <section className="card stack">
      <h2>{t.data}</h2>
      {type.fields.length > 0 && (
        <dl className="facts">
          {type.fields.map((field) => (
            <Fact key={field.name} title={labelOf(field)}>
              {isTree(record.data[field.name]) ? (
                <JsonView label={labelOf(field)} value={record.data[field.name]} />
              ) : (
                <Value field={field} value={record.data[field.name]} />
              )}
            </Fact>
          ))}
        </dl>
      )}
      {Object.keys(others).length > 0 && (
        <>
          <h3>{t.otherFields}</h3>
          <JsonView label={t.otherFields} value={others} />
        </>
      )}
    </section>
  );
}

const isTree = (value: unknown): boolean => typeof value === "object" && value !== null;

function Origin({ record }: { record: Shard }) {
  const t = useTexts().records;
  const words = useWords();
  return (
    <section className="card stack">
      <h2>{t.about}</h2>
      <dl className="facts">
        <Fact title={t.source}>{record.source}</Fact>
        <Fact title={t.madeAt}>{words.exact(record.createdAt)}</Fact>
        <Fact title={t.changed}>{words.exact(record.updatedAt)}</Fact>
        {record.deletedAt && <Fact title={t.deletedAt}>{words.exact(record.deletedAt)}</Fact>}
        <Fact title={t.revision}>{record.revision}</Fact>
        <Fact title={t.id}>
          <code>{record.id}</code>
        </Fact>
      </dl>
    </section>
  );
}

const Fact = ({ title, children }: { title: string; children: React.ReactNode }) => (
  <>
    <dt>{title}</dt>
    <dd>{children ?? "–"}</dd>
  </>
);
