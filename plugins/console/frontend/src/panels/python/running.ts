/** One run of `/v1/code/execute/python`, whichever way its answer comes: at once, later, or as an error of the code. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, data, json } from "../../api/client";
import { Problem, problemFrom } from "../../api/problem";

export interface Outcome {
  /** Absent where the code did not come to its end. */
  result?: unknown;
  stdout: string;
  stderr: string;
  /** Why it did not go well. */
  error?: string;
  line?: number;
  jobId?: string;
  /** Seconds. */
  waited?: number;
  ran?: number;
}

interface Envelope {
  code: number;
  job_id: string;
  queue_time: number;
  run_time: number;
  response: unknown;
  message: unknown;
}

type Told = Record<string, unknown>;
const told = (value: unknown): Told => (value && typeof value === "object" ? (value as Told) : {});
const text = (value: unknown): string => (typeof value === "string" ? value : "");

export function outcomeOf(envelope: Envelope): Outcome {
  const { job_id: jobId, queue_time: waited, run_time: ran } = envelope;
  const found = told(envelope.code === 200 ? envelope.response : envelope.message);
  const common = { stdout: text(found.stdout), stderr: text(found.stderr), jobId, waited, ran };
  if (envelope.code === 200) return { ...common, result: found.result };
  const line = typeof found.line === "number" ? found.line : undefined;
  const why = text(found.error) || text(envelope.message) || `${envelope.code}`;
  return { ...common, error: [text(found.error_type), why].filter(Boolean).join(": "), line };
}

/** The envelope in the answer of a refusal: what an error of the code looks like. */
function refused(error: unknown): Envelope {
  const problem = problemFrom(error);
  if (!("message" in problem.extra) || !problem.extra.job_id) throw problem;
  return problem.extra as unknown as Envelope;
}

export interface Running {
  outcome: Outcome | undefined;
  problem: Problem | null;
  busy: boolean;
  /** The job of a run that goes on although the answer has come. */
  follows: string | null;
  start: (code: string, timeout: number) => void;
}

export function useRunning(): Running {
  const [follows, setFollows] = useState<string | null>(null);
  const first = useMutation({
    mutationFn: ({ code, timeout }: { code: string; timeout: number }) =>
      json<Envelope>("/v1/code/execute/python", "POST", { code, timeout }).catch(refused),
    onMutate: () => setFollows(null),
    onSuccess: (envelope) => setFollows(envelope.code === 202 ? envelope.job_id : null),
  });
  const later = useQuery({
    queryKey: ["python", follows],
    enabled: !!follows,
    queryFn: () => data(api.GET("/v1/jobs/{job_id}", { params: { path: { job_id: follows! } } })),
    refetchInterval: ({ state }) => (state.data?.job_status === "done" ? false : 700),
  });
  const ended = follows && later.data?.job_status === "done" ? (later.data.response as Envelope) : undefined;
  const envelope = follows ? ended : first.data;
  const error = first.error ?? later.error;
  return {
    outcome: envelope && outcomeOf(envelope),
    problem: error ? problemFrom(error) : null,
    busy: first.isPending || (!!follows && !ended && !later.error),
    follows: follows && !ended ? follows : null,
    start: (code, timeout) => first.mutate({ code, timeout }),
  };
}
