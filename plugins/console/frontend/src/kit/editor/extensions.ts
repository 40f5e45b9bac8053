/** What an editor is made of. Colours are classes and tokens of the style sheet, so light and dark need nothing here. */
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { nonce } from "../../api/client";
import type { EditorProps, Language } from "./props";
import { completing } from "./completions";
import { overSelection } from "./overSelection";
import { templateMarks } from "./templates";

const KEYS = [...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap];

/** Escape, then Tab, always leaves: also where Escape closes completions too. */
const leaving = EditorView.domEventObservers({
  keydown: (event, view) => void (event.key === "Escape" && view.setTabFocusMode(2000)),
});

const WRITING: Extension = [
  leaving,
  history(),
  closeBrackets(),
  overSelection,
  indentOnInput(),
  autocompletion({ icons: false }),
  highlightActiveLine(),
  lintGutter(),
];

interface Wanted {
  language: Language;
  readOnly: boolean;
  templates: boolean;
  phrases: Record<string, string>;
  completions: () => EditorProps["completions"];
}

export function extensions({ language, readOnly, templates, phrases, completions }: Wanted): Extension {
  return [
    nonce ? EditorView.cspNonce.of(nonce) : [],
    EditorState.phrases.of(phrases),
    language === "text" ? [] : lineNumbers(),
    highlightSpecialChars(),
    drawSelection(),
    bracketMatching(),
    search({ top: true }),
    highlightSelectionMatches(),
    syntaxHighlighting(classHighlighter),
    indentUnit.of(language === "python" ? "    " : "  "),
    readOnly ? [EditorState.readOnly.of(true)] : [WRITING, completing(completions)],
    templates ? templateMarks : [],
    keymap.of([...KEYS, indentWithTab]),
  ];
}
