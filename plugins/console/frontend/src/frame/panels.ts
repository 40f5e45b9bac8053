/** What the server says the page is made of. */
import { useQuery } from "@tanstack/react-query";
import { json } from "../api/client";
import type { JsonSchema } from "../api/jsonschema";
import { PREFIX } from "../api/signing";

export type ColumnKind = "text" | "number" | "bytes" | "seconds" | "time" | "state" | "code" | "link" | "list";

export interface Column {
  title: string;
  pointer: string;
  kind: ColumnKind;
  sortable: boolean;
  digits: number | null;
  panel: string;
}

export interface FormContent {
  title: string;
  path: string;
  schema: JsonSchema;
  method: string;
  load: string;
  reveal: string[];
}

export interface Action {
  title: string;
  path: string;
  method: string;
  confirm: string;
  form: JsonSchema | null;
  body: Record<string, unknown> | null;
  on: "item" | "list";
  bulk: boolean;
  when: Record<string, unknown[]>;
  unless: Record<string, unknown[]>;
  reveal: string[];
}

export interface Section {
  title: string;
  pointer: string;
  kind: "json" | "text" | "table" | "changes";
  columns: Column[];
}

export interface Detail {
  path: string;
  at: string;
  columns: Column[];
  sections: Section[];
  related: { title: string; panel: string; filters: Record<string, string> }[];
}

export interface CollectionContent {
  path: string;
  columns: Column[];
  items: string;
  total: string;
  key: string;
  name: string;
  filters: JsonSchema | null;
  create: FormContent | null;
  edit: FormContent | null;
  actions: Action[];
  detail: Detail | null;
  downloads: { title: string; path: string }[];
  search: string;
  /** A filter with few choices, which are always in sight. */
  chips: string;
  empty: string;
  refresh: number;
  /** How the list is read in steps; null where it comes whole. */
  paging: { start: string; size: string; most: number } | null;
}

export type Content =
  | ({ kind: "collection" } & CollectionContent)
  | ({ kind: "form" } & FormContent)
  | { kind: "module"; src: string };

export interface Panel {
  name: string;
  title: string;
  summary: string;
  group: string;
  icon: string;
  order: number;
  plugin: string;
  content: Content;
}

export const usePanels = () =>
  useQuery({
    queryKey: ["panels"],
    queryFn: async () => (await json<{ panels: Panel[] }>(`${PREFIX}/api/panels`)).panels,
    staleTime: 300_000,
  });

const ORDER = ["build", "run", "events", "access"];
const LAST = ["system"];

/** Groups in the order in which one works; what plugins bring of their own comes before the system's. */
export function grouped(panels: readonly Panel[]): [string, Panel[]][] {
  const names = [...new Set(panels.map((panel) => panel.group))];
  const rank = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : LAST.includes(name) ? 200 : 100);
  names.sort((one, other) => rank(one) - rank(other) || one.localeCompare(other));
  return names.map((name) => [name, panels.filter((panel) => panel.group === name)]);
}

export const groupTitle = (name: string, known: Record<string, string>): string =>
  known[name] ?? name.charAt(0).toUpperCase() + name.slice(1).replaceAll(/[-_.]/g, " ");
