/** JSONPaths (RFC 9535) of values in a sample: written from where they are, and read as far as they are singular. */
import type { Json } from "./model";
import { isObject, type Step, valueAt } from "./places";

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export const written = (steps: readonly Step[]): string =>
  `$${steps.map((step) => (typeof step === "number" ? `[${step}]` : NAME.test(step) ? `.${step}` : `['${step.replace(/[\\']/g, "\\$&")}']`)).join("")}`;

const STEP = /^(?:\.([A-Za-z_][\w]*)|\[(-?\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\])/;

/** The names and indexes of a singular path; undefined for any other. */
export function read(path: string): Step[] | undefined {
  let rest = path.trim();
  if (!rest.startsWith("$")) return undefined;
  rest = rest.slice(1);
  const steps: Step[] = [];
  while (rest) {
    const found = STEP.exec(rest);
    if (!found) return undefined;
    const [whole, name, index, single, double] = found;
    steps.push(name ?? (index !== undefined ? Number(index) : (single ?? double)!.replace(/\\(.)/g, "$1")));
    rest = rest.slice(whole.length);
  }
  return steps;
}

/** The steps of a JSON pointer, with numbers where it goes through a list. */
export function stepsIn(document: Json, pointer: string): Step[] {
  const steps: Step[] = [];
  for (const part of pointer.split("/").slice(1)) {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    steps.push(Array.isArray(valueAt(document, steps)) ? Number(name) : name);
  }
  return steps;
}

/** The records at a singular data path; undefined where it is another, or leads nowhere. */
export function recordsAt(body: Json, dataPath: string): Json[] | undefined {
  const steps = read(dataPath || "$");
  const found = steps && valueAt(body, steps);
  return found === undefined || found === null ? undefined : Array.isArray(found) ? found : [found];
}

/** Steps of a place in the body as they are in a record; undefined for what is in none. */
export function inRecord(body: Json, dataPath: string, steps: readonly Step[]): Step[] | undefined {
  const base = read(dataPath || "$");
  if (!base || base.some((step, at) => steps[at] !== step)) return undefined;
  const rest = steps.slice(base.length);
  if (!Array.isArray(valueAt(body, base))) return rest;
  return typeof rest[0] === "number" ? rest.slice(1) : undefined;
}

const DEPTH = 6;
const MOST = 400;

/** The paths to all values, each once: of lists what their first items have. */
export function pathsIn(value: Json): { path: string; value: Json }[] {
  const found = new Map<string, Json>();
  const walk = (at: Json, steps: Step[]): void => {
    if (found.size >= MOST || steps.length > DEPTH) return;
    if (steps.length && !found.has(written(steps))) found.set(written(steps), at);
    if (Array.isArray(at)) at.slice(0, 1).forEach((item, index) => walk(item, [...steps, index]));
    else if (isObject(at)) for (const [name, inner] of Object.entries(at)) walk(inner, [...steps, name]);
  };
  walk(value, []);
  return [...found].map(([path, at]) => ({ path, value: at }));
}

/** The first list of objects: where the records most likely are. */
export function listIn(body: Json): { path: string; count: number } | undefined {
  const found = [{ path: "$", value: body }, ...pathsIn(body)].find(({ value }) => Array.isArray(value) && value.length > 0 && value.every(isObject));
  return found && { path: found.path, count: (found.value as Json[]).length };
}

/** One record that has what any of the first ones has. */
export const merged = (records: readonly Json[]): Json => {
  const objects = records.slice(0, 20).filter(isObject);
  return objects.length ? Object.assign({}, ...[...objects].reverse()) : records[0];
};

/** A value in a few characters. */
export function brief(value: Json, most = 60): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
