/** What the panel asks the API for. */
import { keepPreviousData, useInfiniteQuery, useQueries, useQuery } from "@tanstack/react-query";
import { api, data, json, request, type Schemas } from "../../api/client";
import type { Problem } from "../../api/problem";
import { queries } from "../../api/queries";
import type { Widget } from "./model";

export type CallRecord = Schemas["CallRecord"];
export type Minute = Schemas["Minute"];
export type State = Schemas["State"];
export type Preview = Schemas["Preview"];

const KEY = "endpoints";
const PAGE = 100;
const AGAIN = 5_000;
/** Pages of a list that are asked again by themselves. */
const FEW = 3;
const at = (id: string): string => `/public/widgets/${encodeURIComponent(id)}`;

export function useList(search: string, sort: string) {
  return useInfiniteQuery({
    queryKey: [KEY, "list", search, sort],
    initialPageParam: 1,
    queryFn: ({ pageParam: page, signal }) =>
      data(api.GET("/public/widgets", { params: { query: { page, per_page: PAGE, search, sort } }, signal })),
    getNextPageParam: ({ pagination }) => (pagination.has_next ? pagination.page + 1 : undefined),
    placeholderData: keepPreviousData,
  });
}

/** How the endpoints of a list do, asked page by page; of a list that is long, only once. */
export function useStates(ids: readonly string[]): ReadonlyMap<string, State> {
  const pages = Array.from({ length: Math.ceil(ids.length / PAGE) }, (_, page) => ids.slice(page * PAGE, (page + 1) * PAGE).join(","));
  return useQueries({
    queries: pages.map((asked) => ({
      queryKey: [KEY, "states", asked],
      queryFn: async () => (await data(api.GET("/public/widgets/states", { params: { query: { ids: asked } } }))).data,
      placeholderData: keepPreviousData,
      refetchInterval: pages.length <= FEW && AGAIN,
    })),
    combine: byId,
  });
}

const byId = (answers: readonly { data?: State[] }[]): ReadonlyMap<string, State> =>
  new Map(answers.flatMap((answer) => answer.data ?? []).map((one) => [one.widget_id, one]));

export const useWidget = (id: string) =>
  useQuery({ queryKey: [KEY, "one", id], queryFn: ({ signal }) => read(id, signal), enabled: id !== "new", refetchInterval: 15_000 });

export const read = (id: string, signal?: AbortSignal): Promise<Widget> =>
  data(api.GET("/public/widgets/{id}", { params: { path: { id } }, signal }));

export const useCalls = (id: string, failed: boolean) =>
  useQuery({
    queryKey: [KEY, "calls", id, failed],
    queryFn: () =>
      data(api.GET("/public/widgets/{id}/calls", { params: { path: { id }, query: { per_page: PAGE, ...(failed && { failed }) } } })),
    placeholderData: keepPreviousData,
    refetchInterval: AGAIN,
  });

export const useMinutes = (id: string, hours: number) =>
  useQuery({
    queryKey: [KEY, "minutes", id, hours],
    queryFn: async () => (await data(api.GET("/public/widgets/{id}/calls/minutes", { params: { path: { id }, query: { hours } } }))).data,
    placeholderData: keepPreviousData,
    refetchInterval: AGAIN,
  });

export const create = (body: unknown): Promise<Widget> => json("/public/widgets", "POST", body);

/** Raises Problem 412 where somebody else saved another revision meanwhile. */
export const change = (id: string, patch: unknown, revision: number): Promise<Widget> =>
  json(at(id), "PATCH", patch, { headers: { "If-Match": `"${revision}"` } });

export const remove = (id: string): Promise<void> => json(at(id), "DELETE");

export const validate = (logic: string, sandbox: string, signal: AbortSignal): Promise<Schemas["Validation"]> =>
  json("/public/widgets/validate", "POST", { logic, sandbox: sandbox || null }, { signal });

export const preview = (body: unknown, signal?: AbortSignal): Promise<Preview> => json("/public/widgets/preview", "POST", body, { signal });

/** Keeps what was saved where the pages look for it, and has the lists ask again. */
export function wrote(widget: Widget): void {
  queries.setQueryData([KEY, "one", widget.id], widget);
  void queries.invalidateQueries({ queryKey: [KEY, "list"] });
}

export function gone(id: string): void {
  queries.removeQueries({ queryKey: [KEY, "one", id] });
  void queries.invalidateQueries({ queryKey: [KEY, "list"] });
}

export const called = (id: string): Promise<void> => queries.invalidateQueries({ queryKey: [KEY, "calls", id] });

/** An answer of a user's endpoint, whatever it is: errors are answers too. */
export interface Answer {
  status: number;
  text: string;
  body: unknown;
  cache: string;
  isolation: string;
  took: number;
}

export async function call(path: string, method: string, body: string | undefined): Promise<Answer> {
  const started = performance.now();
  const headers = body === undefined ? undefined : { "Content-Type": "application/json" };
  try {
    const answer = await request(path, { method, headers, body });
    const text = await answer.text();
    const told = (name: string) => answer.headers.get(name) ?? "";
    return { status: answer.status, text, body: parsed(text), cache: told("x-cache"), isolation: told("x-isolation"), took: performance.now() - started };
  } catch (error) {
    const problem = error as Problem;
    if (!problem.status) throw error;
    const text = JSON.stringify(problem.extra);
    return { status: problem.status, text, body: problem.extra, cache: "", isolation: "", took: performance.now() - started };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

