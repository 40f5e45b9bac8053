/** Completions of ours as CodeMirror's, beside those that the language has. */
import type { CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { EditorState, type Extension } from "@codemirror/state";
import type { EditorProps } from "./props";

const KINDS: Record<string, string> = { text: "text", function: "function", variable: "variable", property: "property", keyword: "keyword" };

/** `given` is asked for the function at each use: it may change while the editor stays. */
export function completing(given: () => EditorProps["completions"]): Extension {
  const source = (context: CompletionContext): CompletionResult | null => {
    const word = context.matchBefore(/[\w$]*$/)?.text ?? "";
    if (/^\d/.test(word)) return null;
    const from = context.pos - word.length;
    const before = context.state.doc.lineAt(context.pos).text.slice(0, context.pos - context.state.doc.lineAt(context.pos).from);
    const found = given()?.({ word, before, source: context.state.doc.toString(), explicit: context.explicit }) ?? [];
    if (!found.length) return null;
    const options = found.map(({ kind, ...one }) => ({ ...one, type: kind && KINDS[kind] }));
    return { from, options, validFor: /^[\w$]*$/ };
  };
  return EditorState.languageData.of(() => [{ autocomplete: source }]);
}
