/** Places in JSON documents: reading, changing and comparing them. Nothing is changed in place. */
import type { Json } from "./model";

export type Step = string | number;
export type Path = readonly Step[];

const escaped = (step: Step): string => String(step).replaceAll("~", "~0").replaceAll("/", "~1");
const unescaped = (step: string): string => step.replaceAll("~1", "/").replaceAll("~0", "~");

export const pointerOf = (path: Path): string => path.map((step) => `/${escaped(step)}`).join("");
export const stepsOf = (pointer: string): string[] => (pointer ? pointer.slice(1).split("/").map(unescaped) : []);

export const isObject = (value: Json): value is Record<string, Json> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function valueAt(document: Json, path: Path): Json {
  let found = document;
  for (const step of path) found = (found as Record<Step, Json> | null | undefined)?.[step];
  return found;
}

/** A copy with another value at a place; undefined takes a member out. What is missing on the way is made. */
export function put<T>(document: T, path: Path, value: Json): T {
  const [step, ...rest] = path;
  if (step === undefined) return value as T;
  const made: Json = rest.length ? put((document as Record<Step, Json> | undefined)?.[step] ?? {}, rest, value) : value;
  if (Array.isArray(document)) return document.map((one, at) => (at === Number(step) ? made : one)) as T;
  const copy = { ...(document as Record<Step, Json>) };
  if (made === undefined) delete copy[step];
  else copy[step] = made;
  return copy as T;
}

export const without = <T>(list: readonly T[], at: number): T[] => list.filter((_, index) => index !== at);

export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const copy = [...list];
  copy.splice(to, 0, ...copy.splice(from, 1));
  return copy;
}

export function same(one: Json, other: Json): boolean {
  if (Object.is(one, other)) return true;
  if (Array.isArray(one) && Array.isArray(other)) return one.length === other.length && one.every((item, at) => same(item, other[at]));
  if (!isObject(one) || !isObject(other)) return false;
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => same(one[name], other[name]));
}

/** The merge patch (RFC 7396) that makes `after` of `before`. */
export function mergePatch(before: Record<string, Json>, after: Record<string, Json>): Record<string, Json> {
  const patch: Record<string, Json> = {};
  for (const name of Object.keys(before)) if (after[name] === undefined) patch[name] = null;
  for (const [name, value] of Object.entries(after)) {
    const old = before[name];
    if (value === undefined || same(old, value)) continue;
    patch[name] = isObject(old) && isObject(value) ? mergePatch(old, value) : value;
  }
  return patch;
}
