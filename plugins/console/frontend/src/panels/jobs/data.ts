/** What the panel asks the API for. */
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { address, api, data, type Schemas } from "../../api/client";
import { queries } from "../../api/queries";

export type Job = Schemas["JobInfo"];
export type Attempt = Schemas["AttemptInfo"];
export type Artifact = Schemas["ArtifactInfo"];
export type Status = Job["status"];

export const STATUSES: readonly Status[] = ["pending", "running", "completed", "failed", "cancelled"];

export interface Asked {
  status: Status | "";
  kind: string;
  subject: string;
}

const KEY = "jobs";
const PAGE = 100;
const AGAIN = 2_000;
const RARELY = 15_000;

export const isOver = (job: Job): boolean => job.status !== "pending" && job.status !== "running";

/** Newest first. Nobody tells of new jobs, so that the list is asked for again while somebody looks at its first pages. */
export const useJobs = ({ status, kind, subject }: Asked) =>
  useInfiniteQuery({
    queryKey: [KEY, "list", status, kind, subject],
    initialPageParam: 1,
    queryFn: ({ pageParam: page, signal }) =>
      data(api.GET("/api/jobs", { params: { query: { page, per_page: PAGE, kind, subject, ...(status && { status }) } }, signal })),
    getNextPageParam: ({ pagination }) => (pagination.has_next ? pagination.page + 1 : undefined),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 2 ? false : AGAIN),
  });

/** The latest runs of a script. */
export const useRuns = (script: string) =>
  useQuery({
    queryKey: [KEY, "runs", script],
    queryFn: ({ signal }) => data(api.GET("/api/jobs", { params: { query: { kind: "script", subject: script, per_page: PAGE } }, signal })),
    refetchInterval: AGAIN,
  });

export const useJob = (id: string) =>
  useQuery({
    queryKey: [KEY, "one", id],
    queryFn: ({ signal }) => data(api.GET("/api/jobs/{id}", { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) => (state.data && isOver(state.data) ? RARELY : AGAIN),
  });

export const useAttempts = (job: Job) =>
  useQuery({
    queryKey: [KEY, "attempts", job.id, job.attempts, job.state],
    queryFn: ({ signal }) => data(api.GET("/api/jobs/{id}/attempts", { params: { path: { id: job.id } }, signal })),
    placeholderData: keepPreviousData,
  });

export const useArtifacts = (job: Job) =>
  useQuery({
    queryKey: [KEY, "artifacts", job.id, job.state],
    queryFn: ({ signal }) => data(api.GET("/api/jobs/{id}/artifacts", { params: { path: { id: job.id } }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: job.status === "running" ? AGAIN : false,
  });

export interface Line {
  /** How many of those that wait came before. */
  before: number;
  running: number;
}

/** Who is before a job that waits, as far as the caller may see. */
export const useLine = (job: Job) =>
  useQuery({
    queryKey: [KEY, "line", job.id],
    queryFn: async ({ signal }): Promise<Line> => {
      const asked = (status: Status, per_page: number) =>
        data(api.GET("/api/jobs", { params: { query: { status, per_page, sort: "created_at:asc" } }, signal }));
      const [waiting, running] = await Promise.all([asked("pending", PAGE), asked("running", 1)]);
      const at = waiting.jobs.findIndex((one) => one.id === job.id);
      return { before: at < 0 ? waiting.pagination.total_items - 1 : at, running: running.pagination.total_items };
    },
    enabled: job.state === "queued",
    refetchInterval: AGAIN,
  });

export const cancel = (id: string): Promise<Job> => data(api.POST("/api/jobs/{id}/cancel", { params: { path: { id } } }));
export const retry = (id: string): Promise<Job> => data(api.POST("/api/jobs/{id}/retry", { params: { path: { id } } }));

export const know = (job: Job): void => void queries.setQueryData([KEY, "one", job.id], job);
export const refresh = (id: string): Promise<void> => queries.invalidateQueries({ queryKey: [KEY, "one", id] });

const at = (id: string): string => `/api/jobs/${encodeURIComponent(id)}`;
export const logAddress = (id: string): string => address(`${at(id)}/logs?download=true`);
export const artifactAddress = (id: string, name: string): string =>
  address(`${at(id)}/artifacts/${name.split("/").map(encodeURIComponent).join("/")}`);
