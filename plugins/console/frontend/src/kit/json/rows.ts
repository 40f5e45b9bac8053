/** A JSON value as the rows of a tree that is shown: only what is open, and of long lists only so many. */
export const PAGE = 100;
/** Characters of a text that are shown until more is asked for. */
export const LONG = 300;

export interface Row {
  pointer: string;
  depth: number;
  /** The name or the index; "" for the whole. */
  name: string;
  value: unknown;
  kind: "object" | "array" | "string" | "number" | "boolean" | "null";
  /** Members or items. */
  size: number;
  /** Its members are shown; of a long text, all of it. */
  open: boolean;
  /** A row that stands for so many further ones. */
  more: number;
}

const escaped = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");
export const child = (pointer: string, name: string | number): string => `${pointer}/${escaped(String(name))}`;

export function kindOf(value: unknown): Row["kind"] {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value as Row["kind"];
}

function members(value: unknown): [string, unknown][] {
  return value && typeof value === "object" ? Object.entries(value) : [];
}

/** `limits` says how many children of a pointer are shown, `PAGE` where it says nothing. */
export function rowsOf(value: unknown, open: ReadonlySet<string>, limits: ReadonlyMap<string, number>): Row[] {
  const rows: Row[] = [];
  const walk = (name: string, at: string, here: unknown, depth: number) => {
    const inner = members(here);
    const row = { pointer: at, depth, name, value: here, kind: kindOf(here), size: inner.length, open: open.has(at), more: 0 };
    rows.push(row);
    if (!row.open) return;
    const limit = limits.get(at) ?? PAGE;
    for (const [key, one] of inner.slice(0, limit)) walk(key, child(at, key), one, depth + 1);
    const more = inner.length - limit;
    if (more > 0) rows.push({ ...row, depth: depth + 1, name: "", value: null, kind: "null", size: 0, open: false, more });
  };
  walk("", "", value, 0);
  return rows;
}

/** What is open at first: the whole, and what is small beneath it. */
export function opened(value: unknown, most = 60): Set<string> {
  const open = new Set<string>([""]);
  let shown = members(value).length;
  const waiting: [string, unknown][] = members(value).map(([key, one]) => [child("", key), one]);
  while (waiting.length && shown < most) {
    const [at, here] = waiting.shift()!;
    const inner = members(here);
    if (!inner.length || shown + inner.length > most) continue;
    open.add(at);
    shown += inner.length;
    waiting.push(...inner.map(([key, one]): [string, unknown] => [child(at, key), one]));
  }
  return open;
}

/** A leaf as it is read: strings with their quotes, so that "1" is not 1. */
export function leaf(value: unknown): string {
  return value === undefined ? "null" : JSON.stringify(value);
}

export const isLong = (row: Row): boolean => row.kind === "string" && (row.value as string).length > LONG;
