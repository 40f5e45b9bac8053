/** Making and changing a type of records. */
import { useState, type FormEvent } from "react";
import { usePanel } from "../../api/context";
import { problemFrom, type Problem } from "../../api/problem";
import { Button } from "../../kit/Button";
import { useConfirm } from "../../kit/Confirm";
import { useDraft } from "../../kit/draft";
import { Checkbox, TextField } from "../../kit/Fields";
import { Failure } from "../../kit/Notice";
import { Page } from "../../kit/Page";
import { useTexts } from "../../texts";
import { changeType, createType, deleteType, useCount, useType } from "./data";
import { FieldRows } from "./FieldRows";
import { nameOf, type ShardType, type TypeDraft } from "./model";
import { listPath } from "./route";
import { useWords } from "./words";

const EMPTY: TypeDraft = { id: "", displayName: "", description: "", strict: false, fields: [{ name: "", type: "text" }] };

export function NewType() {
  const t = useTexts().records;
  return (
    <Page title={t.newType} summary={t.newTypeText}>
      <Form draftKey="records.new-type" initial={EMPTY} isNew save={createType} />
    </Page>
  );
}

export function EditType({ id }: { id: string }) {
  const t = useTexts().records;
  const { data: type, error } = useType(id);
  return (
    <Page title={type ? t.editOf(nameOf(type)) : id} summary={t.editTypeText} actions={type && <Remove type={type} />}>
      {error && <Failure error={error} />}
      {type && <Form key={type.revision} draftKey={`records.type.${id}`} initial={draftOf(type)} save={(draft) => changeType(draft, type.revision)} />}
    </Page>
  );
}

const draftOf = ({ id, displayName, description, strict, fields }: ShardType): TypeDraft => ({ id, displayName, description, strict, fields });

interface Props {
  draftKey: string;
  initial: TypeDraft;
  isNew?: boolean;
  save: (draft: TypeDraft) => Promise<ShardType>;
}

function Form({ draftKey, initial, isNew, save }: Props) {
  const t = useTexts().records;
  const kit = useTexts().kit;
  const panel = usePanel();
  const [draft, change, { forget }] = useDraft<TypeDraft>(draftKey, initial);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const set = (part: Partial<TypeDraft>) => change({ ...draft, ...part });
  const leave = (to: string) => {
    forget();
    panel.navigate(to);
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const made = await save(draft);
      panel.notify(t.typeSaved, "good");
      leave(listPath(made.id));
    } catch (failure) {
      setProblem(problemFrom(failure));
    } finally {
      setBusy(false);
    }
  };
  const elsewhere = problem && (!problem.errors.length || problem.errors.some((one) => one.pointer === "/fields" || !one.pointer));
  return (
    <form className="fields" onSubmit={(event) => void submit(event)} noValidate>
      {elsewhere && <Failure error={problem} />}
      <div className="fields wide">
        {isNew && (
          <TextField label={t.id} help={t.typeIdHelp} required value={draft.id} error={problem?.at("/id")} onChange={(id) => set({ id })} />
        )}
        <TextField label={t.name} help={t.typeNameHelp} value={draft.displayName} error={problem?.at("/displayName")} onChange={(displayName) => set({ displayName })} />
        <TextField label={t.description} lines={2} value={draft.description} error={problem?.at("/description")} onChange={(description) => set({ description })} />
        <Checkbox label={t.strict} help={t.strictHelp} value={draft.strict} onChange={(strict) => set({ strict })} />
      </div>
      <FieldRows fields={draft.fields} onChange={(fields) => set({ fields })} problem={problem} />
      <div className="row">
        <Button type="submit" kind="primary" isDisabled={busy}>
          {isNew ? t.makeType : t.save}
        </Button>
        <Button onPress={() => leave(isNew ? "/" : listPath(draft.id))}>{kit.cancel}</Button>
      </div>
    </form>
  );
}

function Remove({ type }: { type: ShardType }) {
  const t = useTexts().records;
  const words = useWords();
  const panel = usePanel();
  const confirm = useConfirm();
  const { data: count = 0 } = useCount(type.id);
  const remove = async () => {
    const text = count ? t.deleteTypeWith(words.number(count)) : t.deleteTypeText;
    if (!(await confirm({ title: t.deleteTypeTitle(nameOf(type)), text, action: t.deleteType, danger: true }))) return;
    try {
      await deleteType(type.id, count > 0);
      panel.notify(t.typeDeleted, "good");
      panel.navigate("/");
    } catch (failure) {
      panel.notify(problemFrom(failure).detail, "bad");
    }
  };
  return (
    <Button kind="danger" onPress={() => void remove()}>
      {t.deleteType}
    </Button>
  );
}
