/** An endpoint as it is edited, and what of it is sent. */
import type { Schemas } from "../../api/client";

export type Widget = Schemas["Widget"];
export type Violation = Schemas["ViolationReport"];
export type Pair = [name: string, value: string];

export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
/** Stands for a stored credential; sent back, it keeps it. */
export const MASK = "***";

export interface Draft {
  name: string;
  project: string;
  description: string;
  endpoint: string;
  path: string;
  methods: string[];
  open: boolean;
  refresh: string;
  sandbox: string;
  logic: string;
  params: Pair[];
  headers: Pair[];
}

const LOGIC = `def process_data(widget_data, request, user):
    return widget_data
`;

export const fresh = (): Draft => ({
  name: "",
  project: "main",
  description: "",
  endpoint: "",
  path: "",
  methods: ["GET"],
  open: false,
  refresh: "60",
  sandbox: "",
  logic: LOGIC,
  params: [],
  headers: [],
});

const pairs = (values: Record<string, unknown>): Pair[] =>
  Object.entries(values).flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((one): Pair => [name, String(one)]));

export function draftOf(widget: Widget): Draft {
  const { logic, params = {}, headers = {}, refresh_interval = 0, sandbox } = widget.endpoint_data;
  return {
    name: widget.name,
    project: widget.project_id,
    description: widget.description,
    endpoint: widget.endpoint,
    path: widget.path ?? "",
    methods: widget.methods,
    open: widget.public,
    refresh: String(refresh_interval),
    sandbox: sandbox ?? "",
    logic,
    params: pairs(params as Record<string, unknown>),
    headers: pairs(headers),
  };
}

/** A name that comes twice has a list of values. */
export function paramsOf(given: readonly Pair[]): Record<string, string | string[]> {
  const made: Record<string, string | string[]> = {};
  for (const [name, value] of given) {
    if (!name) continue;
    const known = made[name];
    made[name] = known === undefined ? value : [...(Array.isArray(known) ? known : [known]), value];
  }
  return made;
}

export const headersOf = (given: readonly Pair[]): Record<string, string> => Object.fromEntries(given.filter(([name]) => name));

type Body = Record<string, unknown>;

/** What the API takes for a draft. What is not a number is sent as it is: the answer says at the field what is wrong. */
export function bodyOf(draft: Draft): Body {
  const refresh = draft.refresh.trim() === "" ? 0 : Number(draft.refresh);
  return {
    name: draft.name,
    project_id: draft.project,
    description: draft.description,
    endpoint: draft.endpoint,
    path: draft.path || null,
    methods: draft.methods,
    public: draft.open,
    endpoint_data: {
      logic: draft.logic,
      params: paramsOf(draft.params),
      headers: headersOf(draft.headers),
      refresh_interval: Number.isNaN(refresh) ? draft.refresh : refresh,
      sandbox: draft.sandbox || null,
    },
  };
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** The fields in which two drafts differ. */
export const differing = (one: Draft, other: Draft): (keyof Draft)[] =>
  (Object.keys(one) as (keyof Draft)[]).filter((name) => !same(one[name], other[name]));

/** What changed since `base`, as a merge patch (RFC 7396). */
export function patchOf(draft: Draft, base: Draft): Body {
  const [now, then] = [bodyOf(draft), bodyOf(base)];
  const changed = (a: Body, b: Body): Body => Object.fromEntries(Object.entries(a).filter(([name, value]) => !same(value, b[name])));
  const { endpoint_data: _, ...patch } = changed(now, then);
  const data = changed(now.endpoint_data as Body, then.endpoint_data as Body);
  return Object.keys(data).length ? { ...patch, endpoint_data: data } : patch;
}

/** The new base with what was changed since the old one. */
export function rebased(mine: Draft, base: Draft, theirs: Draft): Draft {
  const changed = differing(mine, base).map((name) => [name, mine[name]]);
  return { ...theirs, ...Object.fromEntries(changed) };
}

const SECRET =
  /authoriz|authentic|cookie|secret|passw|token|credential|session|(api|access|auth|subscription|functions|account|shared|private).?key/i;
export const isSecret = (name: string): boolean => SECRET.test(name);

const hidden = (given: Pair[]): Pair[] => given.map(([name, value]) => [name, isSecret(name) && value !== MASK ? "" : value]);

/** A draft as it may be kept in the browser: without what would prove who one is. */
export const keepable = (draft: Draft): Draft => ({ ...draft, params: hidden(draft.params), headers: hidden(draft.headers) });

/** The names in a template such as /e/reports/{region}. */
export const namesIn = (path: string): string[] => [...path.matchAll(/\{(\w+)(?::\w+)?\}/g)].map((found) => found[1]!);
