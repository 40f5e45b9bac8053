import { CodeEditor, type Diagnostic } from "../../kit/LazyEditor";
import { useTexts } from "../../texts";
import { completionsOf } from "./completing";
import type { Editing } from "./editing";
import type { Tried } from "./trying";

interface Props {
  editing: Editing;
  tried: Tried;
  marks: readonly Diagnostic[];
  goTo: { line: number; column: number; at: number } | null;
  jump: (line: number, column?: number) => void;
  /** Why the code was not saved, where nothing newer is known of it. */
  refused: string | undefined;
}

/** The code, and all that keeps it from being saved, with what to write instead. */
export function CodePane({ editing, tried, marks, goTo, jump, refused }: Props) {
  const t = useTexts().endpoints;
  const { violations } = tried;
  return (
    <section className="ep-pane" aria-label={t.code}>
      <header className="row">
        <h2>{t.code}</h2>
      </header>
      <CodeEditor
        language="python"
        label={t.codeLabel}
        value={editing.draft.logic}
        onChange={(logic) => editing.set({ logic })}
        diagnostics={marks}
        completions={completionsOf}
        goTo={goTo}
        minLines={24}
        maxLines={34}
      />
      <div role="status" className="ep-verdict">
        {violations.length > 0 ? <strong className="ep-bad-text">{t.refused(violations.length)}</strong> : <span className="quiet-text">{t.fine}</span>}
      </div>
      {violations.length > 0 && (
        <ul className="ep-violations">
          {violations.map((one, at) => (
            <li key={at}>
              <button type="button" className="link-button" onClick={() => jump(one.line, one.column)}>
                {t.line(one.line)}
              </button>
              <span>{one.message}</span>
              {one.hint && (
                <span className="quiet-text">
                  {t.instead} {one.hint}
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
      {!violations.length && refused && <p className="react-aria-FieldError">{refused}</p>}
    </section>
  );
}
