/** Diagnostics of ours as CodeMirror's: places that the text does not have any more are moved into it. */
import { setDiagnostics, type Diagnostic as Marked } from "@codemirror/lint";
import type { EditorState, Text, TransactionSpec } from "@codemirror/state";
import type { Diagnostic } from "./props";

export function offset(text: Text, line: number, column: number): number {
  const at = text.line(Math.min(Math.max(line, 1), text.lines));
  return Math.min(at.from + Math.max(column - 1, 0), at.to);
}

function marked(state: EditorState, one: Diagnostic): Marked {
  const from = offset(state.doc, one.line, one.column);
  const end = one.endLine ?? one.line;
  const given = one.endColumn === undefined ? undefined : offset(state.doc, end, one.endColumn);
  const to = given ?? state.wordAt(from)?.to ?? state.doc.lineAt(from).to;
  return { from, to: Math.max(from, to), severity: one.severity, message: one.message };
}

export const shown = (state: EditorState, diagnostics: readonly Diagnostic[]): TransactionSpec =>
  setDiagnostics(state, diagnostics.map((one) => marked(state, one)).sort((a, b) => a.from - b.from));
