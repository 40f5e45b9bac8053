/** What the server tells of itself: all of it to those who run it, the outlines to everybody. */
import { useQuery } from "@tanstack/react-query";
import { json, request } from "../../api/client";
import { Problem } from "../../api/problem";

export interface Finding {
  about: string;
  step: string;
  works: boolean;
  why: string;
  fix: string;
}

export interface Plugin {
  name: string;
  distribution: string;
  version: string;
  summary: string;
  state: "active" | "disabled" | "quarantined";
  phase: string;
  reason: string;
  way_out: string;
  requires: string[];
  hooks: string[];
  brings: Record<string, string[]>;
}

export interface Diagnosis {
  version: string;
  python: string;
  system: string;
  plugins: Plugin[];
  isolation: Finding[];
  services: Finding[];
}

export interface Health {
  status: "ok" | "degraded" | "failing";
  quarantined: string[];
  checks: { service: string; plugin: string; works: boolean }[];
  sandboxes: Record<string, string>;
}

export interface Setting {
  path: string;
  shown: string;
  source: string;
  help: string;
}

const EVERY = 15_000;

/** While a check fails the answer is a 503, and what the page wants to show. */
async function health(): Promise<Health> {
  try {
    return await json<Health>("/-/health");
  } catch (failure) {
    if (failure instanceof Problem && failure.status === 503 && "checks" in failure.extra) return failure.extra as unknown as Health;
    throw failure;
  }
}

/** null for those who are no operators. */
async function orNull<T>(path: string): Promise<T | null> {
  try {
    return (await (await request(path)).json()) as T;
  } catch (failure) {
    if (failure instanceof Problem && failure.status === 403) return null;
    throw failure;
  }
}

export const useHealth = () => useQuery({ queryKey: ["system", "health"], queryFn: health, refetchInterval: EVERY });

export const useDiagnosis = () =>
  useQuery({ queryKey: ["system", "doctor"], queryFn: () => orNull<Diagnosis>("/-/doctor"), staleTime: 60_000 });

export const useSettings = () =>
  useQuery({ queryKey: ["system", "settings"], queryFn: () => orNull<{ settings: Setting[] }>("/-/settings"), staleTime: 60_000 });

type Outline = Pick<Plugin, "name" | "version" | "summary" | "state" | "phase" | "hooks">;

/** The plugins as anybody may see them, with nothing in the place of the rest. */
export const useOutlines = () =>
  useQuery({
    queryKey: ["system", "plugins"],
    queryFn: async () =>
      (await json<Outline[]>("/-/plugins")).map(
        (one): Plugin => ({ distribution: "", reason: "", way_out: "", requires: [], brings: {}, ...one }),
      ),
  });
