/** Changing a record. Only what was changed is sent, and only if nobody else was faster. */
import { useState, type FormEvent } from "react";
import { usePanel } from "../../api/context";
import { problemFrom, type Problem } from "../../api/problem";
import { Button } from "../../kit/Button";
import { useDraft } from "../../kit/draft";
import { Notice } from "../../kit/Notice";
import { useTexts } from "../../texts";
import { changeRecord, readRecord } from "./data";
import { patchOf, type Data, type Shard, type ShardType } from "./model";
import { RecordForm } from "./RecordForm";

interface Draft {
  data: Data;
  /** What the draft began with, and its revision. */
  base: Data;
  revision: number;
}

interface Props {
  record: Shard;
  type: ShardType;
  onClose: () => void;
}

export function EditRecord({ record, type, onClose }: Props) {
  const t = useTexts().records;
  const kit = useTexts().kit;
  const panel = usePanel();
  const began: Draft = { data: record.data, base: record.data, revision: record.revision };
  const [draft, change, { forget }] = useDraft<Draft>(`records.${record.id}`, began);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);

  const send = async (revision: number) => {
    setBusy(true);
    try {
      await changeRecord(record.id, patchOf(draft.base, draft.data), revision);
      forget();
      panel.notify(t.saved, "good");
      onClose();
    } catch (failure) {
      setProblem(problemFrom(failure));
    } finally {
      setBusy(false);
    }
  };
  const anyway = async () => send((await readRecord(record.id)).revision);
  const theirs = async () => {
    await readRecord(record.id);
    forget();
    onClose();
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    void send(draft.revision);
  };
  return (
    <form className="fields wide" onSubmit={save} noValidate>
      {problem?.status === 412 && (
        <Notice tone="bad">
          <p>
            <strong>{t.conflict}</strong> {t.conflictText}
          </p>
          <div className="row">
            <Button onPress={() => void anyway()}>{t.saveMine}</Button>
            <Button onPress={() => void theirs()}>{t.takeTheirs}</Button>
          </div>
        </Notice>
      )}
      <RecordForm type={type} saved={record.data} value={draft.data} onChange={(data) => change({ ...draft, data })} problem={problem} />
      <div className="row">
        <Button type="submit" kind="primary" isDisabled={busy}>
          {t.save}
        </Button>
        <Button
          onPress={() => {
            forget();
            onClose();
          }}
        >
          {kit.cancel}
        </Button>
      </div>
    </form>
  );
}
