/** Whether the page is light or dark at the moment, for what is drawn on a canvas. */
import { useSyncExternalStore } from "react";

const system = matchMedia("(prefers-color-scheme: dark)");

function watch(watcher: () => void): () => void {
  const observer = new MutationObserver(watcher);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "style", "class"] });
  system.addEventListener("change", watcher);
  return () => {
    observer.disconnect();
    system.removeEventListener("change", watcher);
  };
}

export const useLook = (): string =>
  useSyncExternalStore(watch, () => `${document.documentElement.dataset.theme ?? ""}/${system.matches ? "dark" : "light"}`);
