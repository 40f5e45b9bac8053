import { useState, type FormEvent } from "react";
import { usePanel } from "../../api/context";
import { problemFrom, type Problem } from "../../api/problem";
import { Button } from "../../kit/Button";
import { useDraft } from "../../kit/draft";
import { TextField } from "../../kit/Fields";
import { Failure } from "../../kit/Notice";
import { Page } from "../../kit/Page";
import { useTexts } from "../../texts";
import { createRecord, useType } from "./data";
import { nameOf, type Data, type ShardType } from "./model";
import { RecordForm } from "./RecordForm";
import { listPath, recordPath } from "./route";

export function NewRecord({ type: id }: { type: string }) {
  const t = useTexts().records;
  const panel = usePanel();
  const { data: type, error } = useType(id);
  return (
    <Page title={t.newRecord} summary={<a href={panel.href(listPath(id))}>{`← ${type ? nameOf(type) : id}`}</a>}>
      {error && <Failure error={error} />}
      {type && <Form type={type} />}
    </Page>
  );
}

interface Draft {
  externalId: string;
  data: Data;
}

function Form({ type }: { type: ShardType }) {
  const t = useTexts().records;
  const kit = useTexts().kit;
  const panel = usePanel();
  const [draft, change, { forget }] = useDraft<Draft>(`records.new.${type.id}`, { externalId: "", data: {} });
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const made = await createRecord(type.id, draft.externalId.trim(), draft.data);
      forget();
      panel.notify(t.made, "good");
      panel.navigate(recordPath(made.id), { replace: true });
    } catch (failure) {
      setProblem(problemFrom(failure));
    } finally {
      setBusy(false);
    }
  };
  const leave = () => {
    forget();
    panel.navigate(listPath(type.id));
  };
  return (
    <form className="fields wide" onSubmit={(event) => void save(event)} noValidate>
      <TextField
        label={t.externalId}
        help={t.externalIdHelp}
        value={draft.externalId}
        error={problem?.at("/externalId")}
        onChange={(externalId) => change({ ...draft, externalId })}
      />
      <RecordForm type={type} saved={{}} value={draft.data} onChange={(data) => change({ ...draft, data })} problem={problem} />
      <div className="row">
        <Button type="submit" kind="primary" isDisabled={busy}>
          {t.make}
        </Button>
        <Button onPress={leave}>{kit.cancel}</Button>
      </div>
    </form>
  );
}
