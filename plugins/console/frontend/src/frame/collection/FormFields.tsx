import { useEffect, useRef, useState } from "react";
import { Form } from "react-aria-components";
import type { JsonSchema } from "../../api/jsonschema";
import { problemFrom, type Problem } from "../../api/problem";
import { Button } from "../../kit/Button";
import { useDraft } from "../../kit/draft";
import { Failure, Notice } from "../../kit/Notice";
import { initialOf, SchemaForm, type Members } from "../../kit/SchemaForm";
import { plain } from "../../kit/schema/model";
import { useTexts } from "../../texts";
import { unseen, withoutSecrets } from "./fields";
import { pathOf } from "./reading";
import { changes, send } from "./sending";

export interface FormProps {
  form: { title: string; path: string; method: string; schema: JsonSchema };
  draft: string;
  item?: Record<string, unknown>;
  initial?: Members;
  etag?: string | null;
  more?: Record<string, unknown>;
  /** Somebody else changed it meanwhile: `initial` and `etag` are to be read anew. */
  onConflict?: () => void;
  onSent: (answer: unknown) => void;
  onCancel?: () => void;
}

/** Fields, what is wrong with them, and a button. What was typed is kept until it is sent; secrets are not kept. */
export function FormFields({ form, draft, item = {}, initial, etag, more, onConflict, onSent, onCancel }: FormProps) {
  const t = useTexts();
  const schema = form.schema;
  const first = initial ?? (initialOf(schema, schema) as Members);
  // of what is only changed the changes are kept: what others change meanwhile shows through
  const isPatch = form.method === "PATCH";
  const untouched = isPatch ? {} : first;
  const [kept, keep, { isDraft, forget }] = useDraft<Members>(draft, untouched);
  const [secrets, setSecrets] = useState<Members>({});
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const place = useRef<HTMLFormElement>(null);
  const value = { ...(isPatch ? first : {}), ...kept, ...secrets };
  useEffect(() => {
    if (problem) place.current?.querySelector<HTMLElement>("[aria-invalid=true], [data-invalid] button")?.focus();
  }, [problem]);

  const change = (next: Members) => {
    const [plainOnes, hidden] = withoutSecrets(next, schema);
    keep(isPatch ? changes(withoutSecrets(first, schema)[0], plainOnes) : plainOnes);
    setSecrets(hidden);
  };
  const submit = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const sent = isPatch ? changes(first, value) : value;
      const answer = await send(pathOf(form.path, item), form.method, { ...sent, ...more }, etag);
      forget();
      setSecrets({});
      onSent(answer.body);
    } catch (error) {
      const found = problemFrom(error);
      setProblem(found);
      if (found.status === 412) onConflict?.();
    } finally {
      setBusy(false);
    }
  };
  const rest = problem && unseen(problem, plain(schema, schema).schema);
  return (
    <Form
      ref={place}
      className="stack"
      validationBehavior="aria"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {isDraft && initial && (
        <Notice tone="plain">
          {t.lists.draft}
          <Button onPress={() => (forget(), keep(untouched), forget(), setSecrets({}))}>{t.lists.discard}</Button>
        </Notice>
      )}
      <SchemaForm schema={schema} value={value} onChange={change} problem={problem} />
      {rest && (onConflict && rest.status === 412 ? <Notice tone="bad">{t.lists.conflict}</Notice> : <Failure error={rest} />)}
      <div className="row end">
        {onCancel && <Button onPress={onCancel}>{t.kit.cancel}</Button>}
        <Button kind="primary" type="submit" isDisabled={busy}>
          {busy ? t.lists.sending : t.lists.save}
        </Button>
      </div>
    </Form>
  );
}
