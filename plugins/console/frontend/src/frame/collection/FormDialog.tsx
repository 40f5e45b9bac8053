import { useState } from "react";
import { Dialog } from "../../kit/Dialog";
import { useTexts } from "../../texts";
import type { FormContent } from "../panels";
import { FormFields, type FormProps } from "./FormFields";
import { Revealed } from "./Revealed";

interface Props {
  form: Pick<FormContent, "title" | "path" | "method" | "schema" | "reveal">;
  /** The key of its draft. */
  draft: string;
  item?: Record<string, unknown>;
  initial?: FormProps["initial"];
  etag?: string | null;
  /** Members that are sent with those of the form. */
  more?: Record<string, unknown>;
  onConflict?: () => void;
  onClose: () => void;
  onDone: () => void;
}

/** A form over the page. What the answer reveals is shown before it closes. */
export function FormDialog({ form, onClose, onDone, ...props }: Props) {
  const t = useTexts().lists;
  const [answer, setAnswer] = useState<unknown>(null);
  const sent = (body: unknown) => {
    onDone();
    if (form.reveal.length) setAnswer(body ?? {});
    else onClose();
  };
  const close = () => onClose();
  return (
    <Dialog title={answer === null ? form.title : t.done} open onClose={close} stays={answer !== null}>
      {answer === null ? <FormFields {...props} form={form} onSent={sent} onCancel={close} /> : <Revealed answer={answer} pointers={form.reveal} onClose={close} />}
    </Dialog>
  );
}
