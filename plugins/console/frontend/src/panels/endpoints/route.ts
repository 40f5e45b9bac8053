import { useSyncExternalStore } from "react";
import { usePanel } from "../../api/context";

/** The parts of the panel's path: `/widget_1/calls` is `["widget_1", "calls"]`. */
export function useRoute(): string[] {
  const panel = usePanel();
  const path = useSyncExternalStore(panel.watchPath, panel.path);
  return path.split("/").filter(Boolean).map(decodeURIComponent);
}
