/** What the server says of a program while it is written: what is refused, and what it makes of the sample. */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { connection } from "../../api/connection";
import { Problem, problemFrom } from "../../api/problem";
import { useWatched } from "../../api/watched";
import type { Diagnostic } from "../../kit/LazyEditor";
import * as api from "./data";
import type { Violation } from "./model";
import type { Sample } from "./sample";

const PAUSE = 450;

export interface Tried {
  violations: readonly Violation[];
  /** Null while nothing was run yet. */
  result: api.Preview | null;
  problem: Problem | null;
  running: boolean;
  /** What is shown belongs to an earlier text. */
  old: boolean;
  run: () => void;
}

interface Wanted {
  logic: string;
  sandbox: string;
  /** The sample, if there is one. */
  data: { value: unknown } | null;
  sample: Sample;
  live: boolean;
}

/** Stands for what was tried: the same object as long as nothing of it changes. */
type Version = object;
type Found = Pick<Tried, "violations" | "result" | "problem"> & { of: Version | null };

const NOTHING: Found = { violations: [], result: null, problem: null, of: null };

async function tried({ logic, sandbox, data, sample }: Wanted, run: boolean, before: Found, of: Version, signal: AbortSignal): Promise<Found> {
  const { violations } = await api.validate(logic, sandbox, signal);
  if (violations.length || !data || !run) return { ...before, violations };
  const body = { logic, sandbox: sandbox || null, widget_data: data.value, request: requestOf(sample) };
  try {
    return { violations, result: await api.preview(body, signal), problem: null, of };
  } catch (error) {
    if (signal.aborted) throw error;
    return { violations, result: null, problem: problemFrom(error), of };
  }
}

const requestOf = ({ method, path, query, body }: Sample) => ({
  method,
  path_params: path,
  query_params: Object.fromEntries(query.filter(([name]) => name)),
  headers: {},
  body: body || null,
});

export function useTrying(wanted: Wanted): Tried {
  const [found, setFound] = useState<Found>(NOTHING);
  const [running, setRunning] = useState(false);
  const [failure, setFailure] = useState<Problem | null>(null);
  const last = useRef(found);
  const underway = useRef<AbortController>(undefined);
  const { logic, sandbox, data, sample, live } = wanted;
  const asked = JSON.stringify(sample);
  const of = useMemo<Version>(() => ({}), [logic, sandbox, data, asked]);

  const start = useCallback(
    async (run: boolean) => {
      underway.current?.abort();
      const mine = (underway.current = new AbortController());
      setRunning(true);
      try {
        setFound((last.current = await tried(wanted, run, last.current, of, mine.signal)));
        setFailure(null);
      } catch (error) {
        if (!mine.signal.aborted) setFailure(problemFrom(error));
      }
      if (underway.current === mine) setRunning(false);
    },
    [of], // eslint-disable-line react-hooks/exhaustive-deps -- `of` is all of `wanted`
  );

  // whatever failed for a lost connection is tried again when that is back
  const alive = useWatched(connection.alive);
  useEffect(() => {
    const timer = alive ? setTimeout(() => void start(live), PAUSE) : undefined;
    return () => clearTimeout(timer);
  }, [start, live, alive]);
  useEffect(() => () => underway.current?.abort(), []);

  return { ...found, problem: failure ?? found.problem, running, old: found.of !== of, run: () => void start(true) };
}

/** What the editor marks: what is refused, or where the last run stopped. */
export function marksOf({ violations, problem }: Pick<Tried, "violations" | "problem">): Diagnostic[] {
  const refused = violations.map(({ line, column, message, hint }): Diagnostic => ({
    line, column, message: hint ? `${message}\n→ ${hint}` : message, severity: "error",
  }));
  const line = problem?.extra.line;
  return typeof line === "number" ? [...refused, { line, column: 1, endColumn: 1000, message: problem!.detail, severity: "error" }] : refused;
}
