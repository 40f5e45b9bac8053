/** Reading lists and items as a panel describes them. Nothing here draws. */
import { json } from "../../api/client";
import { step } from "../../kit/schema/model";
import type { Action, CollectionContent } from "../panels";

export type Item = Record<string, unknown>;

/** The value at a JSON pointer; undefined where there is none. */
export function at(value: unknown, pointer: string): unknown {
  const steps = pointer ? pointer.slice(1).split("/") : [];
  return steps.reduce<unknown>((here, name) => {
    const key = name.replaceAll("~1", "/").replaceAll("~0", "~");
    return here && typeof here === "object" && Object.hasOwn(here, key) ? (here as Item)[key] : undefined;
  }, value);
}

const word = (value: unknown): string => (value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value));

/** `{user/id}` in a text is what the item has there. */
export function filled(template: string, item: unknown, escape: (text: string) => string = (text) => text): string {
  return template.replaceAll(/\{([^{}]+)\}/g, (_, name: string) => escape(word(at(item, `/${name}`))));
}

export const pathOf = (template: string, item: unknown): string => filled(template, item, encodeURIComponent);

/** A body whose texts are templates; one that is nothing but a member keeps that one's type. */
export function bodyOf(template: unknown, item: unknown): unknown {
  if (typeof template === "string") {
    const whole = /^\{([^{}]+)\}$/.exec(template);
    return whole ? at(item, `/${whole[1]}`) : filled(template, item);
  }
  if (Array.isArray(template)) return template.map((one) => bodyOf(one, item));
  if (template && typeof template === "object") return Object.fromEntries(Object.entries(template).map(([name, one]) => [name, bodyOf(one, item)]));
  return template;
}

export interface List {
  items: Item[];
  /** null where the server does not say. */
  total: number | null;
  keyOf: (item: Item) => string;
  nameOf: (item: Item) => string;
}

export const withQuery = (path: string, query: URLSearchParams): string => {
  const text = query.toString();
  return text ? `${path}${path.includes("?") ? "&" : "?"}${text}` : path;
};

export async function listOf(content: CollectionContent, query: URLSearchParams, signal?: AbortSignal): Promise<List> {
  const answer = await json<unknown>(withQuery(content.path, query), "GET", undefined, { signal });
  const items = at(answer, content.items);
  const total = content.total ? at(answer, content.total) : undefined;
  if (!Array.isArray(items)) throw new Error(`${content.path}: there is no list at ${content.items || "the root"} of its answer`);
  return { items: items as Item[], total: typeof total === "number" ? total : null, keyOf: keyOf(content), nameOf: nameOf(content) };
}

export const keyOf = (content: CollectionContent) => (item: Item): string => word(at(item, content.key));
export const nameOf = (content: CollectionContent) => (item: Item): string => word(at(item, content.name || content.key)) || word(at(item, content.key));

/** One page's query. `number` counts from 0. */
export function paged(content: CollectionContent, query: URLSearchParams, number: number, size: number): URLSearchParams {
  const asked = new URLSearchParams(query);
  if (!content.paging) return asked;
  asked.set(content.paging.size, String(size));
  asked.set(content.paging.start, String(content.paging.start === "page" ? number + 1 : number * size));
  return asked;
}

const equal = (one: unknown, other: unknown): boolean => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

/** Whether an action is offered for an item. */
export const isOffered = (action: Action, item: Item): boolean =>
  action.on === "item" &&
  Object.entries(action.when).every(([pointer, values]) => values.some((value) => equal(value, at(item, pointer)))) &&
  Object.entries(action.unless).every(([pointer, values]) => !values.some((value) => equal(value, at(item, pointer))));

/** What of an item a form's fields hold at first. */
export function valuesOf(item: unknown, properties: Record<string, unknown>): Item {
  const found = Object.keys(properties).map((name): [string, unknown] => [name, at(item, step(name))]);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined && value !== null));
}
