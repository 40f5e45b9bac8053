import { useSyncExternalStore } from "react";
import { usePanel } from "../../api/context";
import type { Asked } from "./data";

export interface Route {
  /** `/types/c_contact/edit` is `["types", "c_contact", "edit"]`. */
  parts: string[];
  query: URLSearchParams;
}

export function useRoute(): Route {
  const panel = usePanel();
  const whole = useSyncExternalStore(panel.watchPath, panel.path);
  const [path = "", query = ""] = whole.split("?");
  return { parts: path.split("/").filter(Boolean).map(decodeURIComponent), query: new URLSearchParams(query) };
}

export const listPath = (type: string): string => `/types/${encodeURIComponent(type)}`;
export const recordPath = (id: string): string => `/records/${encodeURIComponent(id)}`;

export const askedOf = (query: URLSearchParams): Asked => ({
  search: query.get("search") ?? "",
  filter: query.get("filter") ?? "",
  sort: query.get("sort") ?? "",
  deleted: query.get("deleted") === "true",
});

/** A list is at an address that can be sent to somebody: its filters are in it. */
export function queryOf(asked: Asked): string {
  const given = Object.entries({ ...asked, deleted: asked.deleted ? "true" : "" }).filter(([, value]) => value);
  return given.length ? `?${new URLSearchParams(given as [string, string][])}` : "";
}
