/** `CodeEditor`, fetched when a page first needs it; until then, and where it cannot be fetched, a plain field. */
import { lazy, Suspense } from "react";
import { hold } from "./editor/held";
import type { EditorProps } from "./editor/props";

export type { Completion, CompletionPlace, Diagnostic, EditorProps, Language } from "./editor/props";

const PlainEditor = ({ value, onChange, label, readOnly, minLines = 4 }: EditorProps) => (
  <textarea
    className="control code editor-plain"
    aria-label={label}
    rows={minLines}
    spellCheck={false}
    readOnly={readOnly || !onChange}
    value={value}
    onChange={(event) => onChange?.(event.target.value)}
    onFocus={(event) => hold(label, event.target.selectionStart)}
    onSelect={(event) => hold(label, event.currentTarget.selectionStart)}
    onBlur={() => hold("", 0)}
  />
);

const Editor = lazy(() => import("./CodeEditor").catch(() => ({ default: PlainEditor })));

export const CodeEditor = (props: EditorProps) => (
  <Suspense fallback={<PlainEditor {...props} />}>
    <Editor {...props} />
  </Suspense>
);
