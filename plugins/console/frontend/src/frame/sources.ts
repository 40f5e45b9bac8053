/** Where names are looked for: every list that a panel shows, and those of the panels that draw themselves. */
import { at, keyOf, listOf, nameOf, type Item } from "./collection/reading";
import { addressOf } from "./location";
import type { CollectionContent, Panel } from "./panels";
import { json } from "../api/client";

export interface Hit {
  id: string;
  title: string;
  text: string;
  address: string;
}

export interface Source {
  panel: Panel;
  /** Whether the server looks; otherwise its first hundred are looked through here. */
  asks: boolean;
  find: (words: string, signal: AbortSignal) => Promise<Hit[]>;
}

/** Panels of ours that are modules: their lists, by panel. `items` may be lists by their category. */
const LISTS: Record<string, { path: string; items: string; key: string; name: string; text: string; search?: string; at?: (key: string) => string }> = {
  endpoints: { path: "/public/widgets?per_page=100", items: "/data", key: "/id", name: "/name", text: "/description", search: "search" },
  integrations: { path: "/api/v1/custom-integrations?limit=100", items: "/integrations", key: "/id", name: "/name", text: "/description", search: "search" },
  scripts: { path: "/api/scripts", items: "", key: "/name", name: "/display_name", text: "/description" },
  jobs: { path: "/api/jobs?per_page=100", items: "/jobs", key: "/id", name: "/title", text: "/status" },
  records: { path: "/api/v1/shard-types?limit=100", items: "/shardTypes", key: "/id", name: "/name", text: "/description", at: (key) => `/types/${encodeURIComponent(key)}` },
};

export const sourcesOf = (panels: readonly Panel[]): Source[] =>
  panels.flatMap((panel) => {
    if (panel.content.kind === "collection") return [ofCollection(panel, panel.content)];
    return panel.name in LISTS ? [ofModule(panel)] : [];
  });

function ofCollection(panel: Panel, content: CollectionContent): Source {
  const asks = content.search !== "";
  const first: Record<string, string> = content.paging ? { [content.paging.size]: asks ? "6" : String(content.paging.most) } : {};
  return {
    panel,
    asks,
    find: async (words, signal) => {
      const found = await listOf(content, new URLSearchParams({ ...first, ...(asks && { [content.search]: words }) }), signal);
      return found.items.map((item) => hit(panel.name, keyOf(content)(item), nameOf(content)(item), content.detail !== null));
    },
  };
}

const hit = (panel: string, id: string, title: string, opens: boolean): Hit => ({
  id,
  title: title || id,
  text: title && title !== id ? id : "",
  address: addressOf(panel, opens ? `/${encodeURIComponent(id)}` : ""),
});

function ofModule(panel: Panel): Source {
  const list = LISTS[panel.name]!;
  return {
    panel,
    asks: list.search !== undefined,
    find: async (words, signal) => {
      const query = list.search ? `${list.path.includes("?") ? "&" : "?"}${list.search}=${encodeURIComponent(words)}` : "";
      const items = at(await json<unknown>(list.path + query, "GET", undefined, { signal }), list.items);
      return (Array.isArray(items) ? (items as Item[]) : (Object.values(items ?? {}).flat() as Item[])).map((item) => {
        const id = String(at(item, list.key) ?? "");
        const path = list.at ? list.at(id) : `/${encodeURIComponent(id)}`;
        return { id, title: String(at(item, list.name) ?? id), text: String(at(item, list.text) ?? ""), address: addressOf(panel.name, path) };
      });
    },
  };
}
