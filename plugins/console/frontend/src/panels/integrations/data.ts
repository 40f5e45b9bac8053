/** What the panel asks the API for. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { json, request } from "../../api/client";
import { type FieldError, problemFrom } from "../../api/problem";
import type { Definition, LastRun, ResponseMapping, Saved } from "./model";

const ALL = "/api/v1/custom-integrations";
const DRAFTS = "/api/v1/custom-integration-drafts";
export const one = (id: string): string => `${ALL}/${encodeURIComponent(id)}`;

export const useIntegrations = () =>
  useQuery({
    queryKey: ["integrations"],
    queryFn: async () => (await json<{ integrations: Saved[] }>(`${ALL}?limit=1000`)).integrations,
    refetchInterval: 10_000,
  });

export const useIntegration = (id: string) =>
  useQuery({ queryKey: ["integrations", id], queryFn: () => json<Saved>(one(id)), enabled: id !== "new", refetchInterval: 15_000 });

export const create = (definition: Definition): Promise<Saved> => json(ALL, "POST", definition);
export const remove = (id: string): Promise<void> => json(one(id), "DELETE");

export async function change(id: string, patch: Record<string, unknown>, revision?: number): Promise<Saved> {
  const match: Record<string, string> = revision === undefined ? {} : { "If-Match": `"${revision}"` };
  const headers = { "Content-Type": "application/json", ...match };
  return (await request(one(id), { method: "PATCH", headers, body: JSON.stringify(patch) })).json();
}

/** Keeps what was just written where the lists and pages look for it; or has them ask again. */
export function useWritten() {
  const queries = useQueryClient();
  return {
    wrote: (saved: Saved) => {
      queries.setQueryData(["integrations", saved.id], saved);
      void queries.invalidateQueries({ queryKey: ["integrations"], exact: true });
    },
    stale: (id: string) => void queries.invalidateQueries({ queryKey: ["integrations", id] }),
  };
}

export interface Sent {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
  auth: string;
}

export interface Received {
  statusCode: number;
  headers: Record<string, string>;
  body: unknown;
  latencyMs: number;
}

export interface Expectation {
  name: string;
  expected: unknown;
  actual: unknown;
  ok: boolean;
}

export interface Tried {
  outcome: string;
  wait: number;
  reason: string;
}

export interface TestResult {
  success: boolean;
  request: Sent | null;
  response: Received | null;
  mappingPreview: { rawData: unknown; mappedData: unknown; errors: string[] } | null;
  error: string | null;
  expectations: Expectation[];
  trace: {
    rule?: string;
    tries?: Tried[];
    waited?: number;
    records?: { in: number; mapped: number; failed: number; dropped: Record<string, number> };
    metadata?: Record<string, unknown>;
    stop?: { rule: string; detail: string } | null;
    finished?: boolean;
  };
}

export interface TestConfig {
  testParams?: Record<string, unknown>;
  testBody?: unknown;
  expectations?: { statusCode?: number; bodyContains?: string[]; jsonPath?: { path: string; value: unknown }[] };
}

export interface DraftOf {
  definition: Definition;
  id: string;
}

export const check = async (draft: DraftOf, signal?: AbortSignal): Promise<FieldError[]> =>
  (await json<{ errors: FieldError[] }>(`${DRAFTS}/check`, "POST", draft, { signal })).errors;

export const test = (
  draft: DraftOf,
  endpointId = "",
  config: TestConfig = {},
  after = "",
): Promise<{ result: TestResult; after: string | null }> =>
  json(`${DRAFTS}/test`, "POST", { ...draft, endpointId, test: config, after });

export interface Mapped {
  records: { source: unknown; externalId: string | null; data: Record<string, unknown>; errors: { field: string; detail: string }[] }[];
  count: number;
  errors: FieldError[];
}

export const preview = (responseMapping: ResponseMapping, sample: unknown, signal?: AbortSignal): Promise<Mapped> =>
  json(`${DRAFTS}/preview`, "POST", { responseMapping, sample }, { signal });

export interface Imported {
  definition: Definition;
  source: "openapi" | "definition";
  credentials: string[];
  errors: FieldError[];
}

export const read = (document: unknown): Promise<Imported> => json(`${DRAFTS}/import`, "POST", document);

export const useTimes = (cron: string, timezone: string) =>
  useQuery({
    queryKey: ["integrations.times", cron, timezone],
    queryFn: ({ signal }) =>
      json<{ times: string[] }>(`${DRAFTS}/times?${new URLSearchParams({ cron, timezone, count: "3" })}`, "GET", undefined, { signal }),
    enabled: cron.trim().split(/\s+/).length >= 5,
    retry: false,
  });

export interface ShardType {
  id: string;
  displayName: string;
  strict: boolean;
  fields: { name: string; type: string; label: string; required: boolean; description: string }[];
}

export const useShardTypes = () =>
  useQuery({
    queryKey: ["shard-types"],
    queryFn: async () => (await json<{ shardTypes: ShardType[] }>("/api/v1/shard-types?limit=1000")).shardTypes,
  });

export interface Run extends LastRun {
  integrationId: string;
  full: boolean;
  pages: number;
  created: number;
  updated: number;
  unchanged: number;
  skipped: number;
  stop: { rule: string; detail: string } | null;
  error: { detail?: string; request?: Sent; response?: { status: number; excerpt: string } } | null;
  attempts: number;
  createdBy: string;
  startedAt: string | null;
}

export interface RunDetail {
  run: Run;
  trace: Record<string, unknown>[];
  failures: { page: number; index: number; errors: { field: string; detail: string }[]; source: unknown }[];
  failuresKept: number;
}

const LIVE = 1000;
export const isOver = (run: { finishedAt: string | null }): boolean => run.finishedAt !== null;

export const useRuns = (id: string) =>
  useQuery({
    queryKey: ["integrations", id, "runs"],
    queryFn: async () => (await json<{ runs: Run[] }>(`${one(id)}/runs?limit=200`)).runs,
    refetchInterval: (query) => (query.state.data?.every(isOver) ? 10_000 : LIVE),
    enabled: id !== "new",
  });

export const useRun = (id: string, run: string) =>
  useQuery({
    queryKey: ["integrations", id, "runs", run],
    queryFn: () => json<RunDetail>(`${one(id)}/runs/${encodeURIComponent(run)}?limit=200`),
    refetchInterval: (query) => (query.state.data && isOver(query.state.data.run) ? false : LIVE),
  });

export interface Schedule {
  endpointId: string;
  cron: string;
  timezone: string;
  params: Record<string, unknown>;
  nextAt: string;
  lastAt: string | null;
  lastRun: string | null;
  lastError: string;
}

export const useSchedules = (id: string) =>
  useQuery({ queryKey: ["integrations", id, "schedules"], queryFn: () => json<Schedule[]>(`${one(id)}/schedules`), refetchInterval: 10_000 });

/** What is wrong with a draft, asked for again soon after it changed. */
export function useErrors(draft: DraftOf): { errors: FieldError[]; checking: boolean } {
  const [errors, setErrors] = useState<FieldError[]>([]);
  const [checking, setChecking] = useState(true);
  useEffect(() => {
    const stop = new AbortController();
    setChecking(true);
    const soon = setTimeout(() => {
      check(draft, stop.signal).then(
        (found) => (setErrors(found), setChecking(false)),
        (error) => stop.signal.aborted || (setChecking(false), problemFrom(error).lost || setErrors(problemFrom(error).errors as FieldError[])),
      );
    }, 400);
    return () => (clearTimeout(soon), stop.abort());
  }, [draft.definition, draft.id]); // eslint-disable-line
  return { errors, checking };
}
