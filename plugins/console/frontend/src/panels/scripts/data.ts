/** What the panel asks the API for. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, data, json, type Schemas } from "../../api/client";
import { queries } from "../../api/queries";

export type Script = Schemas["ScriptInfo"];
export type Parameter = Schemas["ParameterInfo"];
export type Schedule = Schemas["pegboard_scripts.schedules.Schedule.Schedule"];
export type Upload = Schemas["Upload"];
export type Overlap = Schedule["overlap"];

export interface Given {
  name: string;
  value: unknown;
}

const KEY = "scripts";
const AGAIN = 10_000;

export const useScripts = () => useQuery({ queryKey: [KEY, "list"], queryFn: ({ signal }) => data(api.GET("/api/scripts", { signal })), staleTime: 60_000 });

export const useScript = (name: string) =>
  useQuery({ queryKey: [KEY, "one", name], queryFn: ({ signal }) => data(api.GET("/api/scripts/{name}", { params: { path: { name } }, signal })), staleTime: 60_000 });

export interface Asked {
  script_name: string;
  parameters: Given[];
  options: { delay?: number | string; timeout?: number | string };
}

/** The same `key` sent again starts nothing twice: for whoever does not know whether it arrived. */
export const execute = (body: Asked, key: string): Promise<Schemas["Created"]> =>
  json("/api/scripts/execute", "POST", body, { headers: { "Idempotency-Key": key } });

export const useUploads = (enabled = true) =>
  useQuery({ queryKey: [KEY, "files"], queryFn: ({ signal }) => data(api.GET("/api/files", { signal })), enabled });
export const refreshUploads = (): Promise<void> => queries.invalidateQueries({ queryKey: [KEY, "files"] });

export const useSchedules = (script: string) =>
  useQuery({
    queryKey: [KEY, "schedules", script],
    queryFn: ({ signal }) => data(api.GET("/api/schedules", { params: { query: { script_name: script } }, signal })),
    refetchInterval: AGAIN,
  });

export const useTimes = (cron: string, timezone: string) =>
  useQuery({
    queryKey: [KEY, "times", cron, timezone],
    queryFn: ({ signal }) => data(api.GET("/api/schedules/times", { params: { query: { cron, timezone, count: 4 } }, signal })),
    placeholderData: keepPreviousData,
    retry: false,
  });

export interface Timed {
  script_name: string;
  cron: string;
  timezone: string;
  overlap: Overlap;
  parameters: Given[];
}

export const schedule = (body: Timed): Promise<Schedule> => json("/api/schedules", "POST", body);
export const pause = (id: string, paused: boolean): Promise<Schedule> => json(`/api/schedules/${encodeURIComponent(id)}`, "PATCH", { paused });
export const unschedule = (id: string): Promise<void> => json(`/api/schedules/${encodeURIComponent(id)}`, "DELETE");
export const refreshSchedules = (): Promise<void> => queries.invalidateQueries({ queryKey: [KEY, "schedules"] });
