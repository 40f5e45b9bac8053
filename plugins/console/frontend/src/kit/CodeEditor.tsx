/**
 * The editor for code: CodeMirror behind the props that all panels use. Import it by `LazyEditor`.
 *
 * Tab moves the focus, as everywhere on the page (WCAG 2.1.2). Ctrl-M, or the button under the text, lets it indent;
 * then Esc and Tab leave.
 */
import { Annotation, Compartment, EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { useEffect, useId, useLayoutEffect, useRef, useState, type CSSProperties } from "react";
import { useTexts } from "../texts";
import { offset, shown } from "./editor/diagnostics";
import { extensions } from "./editor/extensions";
import { hold, held } from "./editor/held";
import { grammar } from "./editor/languages";
import type { EditorProps } from "./editor/props";
import "./editor/editor.css";

const fromOutside = Annotation.define<boolean>();
const INDENTS = "pegboard.tab-indents";

export default function CodeEditor(props: EditorProps) {
  const { language, value, label, diagnostics, readOnly = false, minLines = 4, maxLines = 30, templates = false, goTo } = props;
  const t = useTexts().viewers;
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef(props);
  const [indents, setIndents] = useState(() => localStorage.getItem(INDENTS) === "yes");
  const help = useId();
  latest.current = props;

  useLayoutEffect(() => {
    const speech = new Compartment();
    const told = EditorView.updateListener.of((update) => {
      const ours = update.transactions.some((one) => one.annotation(fromOutside));
      if (update.docChanged && !ours) latest.current.onChange?.(update.state.doc.toString());
    });
    const wanted = { language, readOnly, templates, phrases: t.phrases, completions: () => latest.current.completions };
    const named = EditorView.contentAttributes.of({ "aria-label": label, "aria-describedby": help, tabindex: "0", ...(readOnly && { "aria-readonly": "true" }) });
    const state = EditorState.create({ doc: latest.current.value, extensions: [extensions(wanted), named, speech.of([]), told] });
    const made = (view.current = new EditorView({ state, parent: place.current! }));
    if (held.by === label) {
      made.dispatch({ selection: { anchor: Math.min(held.at, state.doc.length) } });
      made.focus();
      hold("", 0);
    }
    void grammar(language).then((known) => view.current === made && made.dispatch({ effects: speech.reconfigure(known) }));
    return () => {
      view.current = null;
      made.destroy();
    };
  }, [language, label, readOnly, templates, t, help]);

  useEffect(() => {
    const at = view.current;
    if (at && at.state.doc.toString() !== value) {
      at.dispatch({ changes: { from: 0, to: at.state.doc.length, insert: value }, annotations: fromOutside.of(true) });
    }
  }, [value]);

  useEffect(() => {
    if (view.current) view.current.dispatch(shown(view.current.state, diagnostics ?? []));
  }, [diagnostics, language, label, readOnly, templates, t]);

  useEffect(() => {
    if (!goTo || !view.current) return;
    const anchor = offset(view.current.state.doc, goTo.line, goTo.column);
    view.current.dispatch({ selection: { anchor }, scrollIntoView: true });
    view.current.focus();
  }, [goTo]);

  useEffect(() => {
    view.current?.setTabFocusMode(!indents);
    localStorage.setItem(INDENTS, indents ? "yes" : "no");
  }, [indents, language, label, readOnly, templates, t]);

  const lines = { "--min-lines": minLines, "--max-lines": maxLines } as CSSProperties;
  return (
    <div className="editor" style={lines}>
      <div
        ref={place}
        className="editor-text"
        onKeyDownCapture={(event) => {
          if (!(event.ctrlKey && event.key.toLowerCase() === "m")) return;
          event.preventDefault();
          event.stopPropagation();
          setIndents(!indents);
        }}
      />
      {readOnly ? (
        <span id={help} hidden />
      ) : (
        <p className="editor-help">
          <button type="button" aria-pressed={indents} onClick={() => setIndents(!indents)} title="Ctrl-M">
            {indents ? t.tabIndents : t.tabMoves}
          </button>
          <span id={help} className="visually-hidden">
            {indents ? t.tabIndentsHelp : t.tabMovesHelp} {t.editorHelp}
          </span>
        </p>
      )}
    </div>
  );
}
