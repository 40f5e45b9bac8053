import { useSyncExternalStore } from "react";
import { usePanel } from "../../api/context";

/** The parts of the panel's path: `/integration_1/endpoints/2` is `["integration_1", "endpoints", "2"]`. */
export function useRoute(): string[] {
  const panel = usePanel();
  const path = useSyncExternalStore(panel.watchPath, panel.path);
  return path.split("/").filter(Boolean).map(decodeURIComponent);
}

/** The year only where it is another than this one. */
function timeOf(at: Date, language: string): string {
  const year = at.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  return at.toLocaleString(language, { weekday: "short", day: "numeric", month: "short", year, hour: "2-digit", minute: "2-digit" });
}

/** How times and numbers are written. */
export function useWords() {
  const language = usePanel().language();
  return {
    time: (at: string | null | undefined) => (at ? timeOf(new Date(at), language) : "–"),
    number: (value: number) => value.toLocaleString(language),
    seconds: (from: string | null, to: string | null) =>
      from && to ? `${((Date.parse(to) - Date.parse(from)) / 1000).toLocaleString(language, { maximumFractionDigits: 1 })} s` : "–",
  };
}
