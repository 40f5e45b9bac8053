/** Keys of the whole page. In a field a letter is a letter. */
import { useEffect } from "react";

const isField = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest("input, textarea, select, [contenteditable], [role=textbox]") !== null;

export function useKeys(open: (what: "search" | "help") => void): void {
  useEffect(() => {
    let before = "";
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector("[role=dialog], [role=alertdialog]")) return;
      const command = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k";
      const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !isField(event.target);
      const wanted = command || (plain && event.key === "/") ? "search" : plain && event.key === "?" ? "help" : null;
      if (wanted) {
        event.preventDefault();
        open(wanted);
      } else if (plain && before === "g" && event.key === "h") location.hash = "#/";
      before = plain ? event.key : "";
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [open]);
}
