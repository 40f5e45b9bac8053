/**
 * Typing over a selection without the browser's help: Chromium would keep the looks of what it takes the place of, in a
 * style attribute, which the page's policy refuses and reports.
 */
import { EditorView } from "@codemirror/view";

/** What the browser would replace: the editor may not have heard of a new selection yet. */
function selected(view: EditorView): { from: number; to: number } {
  const { anchorNode, anchorOffset, focusNode, focusOffset } = document.getSelection()!;
  if (!anchorNode || !focusNode || !view.contentDOM.contains(anchorNode) || !view.contentDOM.contains(focusNode)) return view.state.selection.main;
  const ends = [view.posAtDOM(anchorNode, anchorOffset), view.posAtDOM(focusNode, focusOffset)] as const;
  return { from: Math.min(...ends), to: Math.max(...ends) };
}

export const overSelection = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const text = event.data;
    if (event.inputType !== "insertText" || !text || view.composing || view.state.readOnly) return false;
    const { from, to } = selected(view);
    if (from === to) return false;
    event.preventDefault();
    const change = { changes: { from, to, insert: text }, selection: { anchor: from + text.length } };
    const insert = () => view.state.update({ ...change, userEvent: "input.type", scrollIntoView: true });
    const taken = view.state.facet(EditorView.inputHandler).some((handle) => handle(view, from, to, text, insert));
    if (!taken) view.dispatch(insert());
    return true;
  },
});
