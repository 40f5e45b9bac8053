import { useSyncExternalStore } from "react";
import { usePanel } from "../../api/context";

export interface Route {
  /** `/job_12` is `["job_12"]`. */
  parts: string[];
  query: URLSearchParams;
}

export function useRoute(): Route {
  const panel = usePanel();
  const whole = useSyncExternalStore(panel.watchPath, panel.path);
  const [path = "", query = ""] = whole.split("?");
  return { parts: path.split("/").filter(Boolean).map(decodeURIComponent), query: new URLSearchParams(query) };
}

export const jobPath = (id: string): string => `/${encodeURIComponent(id)}`;
