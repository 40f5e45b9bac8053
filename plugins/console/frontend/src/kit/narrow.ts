import { useSyncExternalStore } from "react";

/** Whether the window is at most so many pixels wide. */
export function useNarrow(most: number): boolean {
  const query = matchMedia(`(max-width: ${most}px)`);
  const watch = (told: () => void) => {
    query.addEventListener("change", told);
    return () => query.removeEventListener("change", told);
  };
  return useSyncExternalStore(watch, () => query.matches);
}
