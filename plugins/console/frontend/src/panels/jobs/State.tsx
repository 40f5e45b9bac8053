import { Badge } from "../../kit/Badge";
import { useTexts } from "../../texts";
import type { Job } from "./data";

const TONES: Partial<Record<Job["state"], string>> = { timed_out: "failed", delayed: "waiting" };

/** How a job is, in a word. */
export function State({ job }: { job: Pick<Job, "state" | "cancelling"> }) {
  const t = useTexts().jobs;
  if (job.cancelling) return <Badge state={t.cancelling} tone="cancelling" />;
  return <Badge state={t.states[job.state]} tone={TONES[job.state] ?? job.state} />;
}

/** How far it is; without a number it says only that it goes on. */
export function Bar({ percent, label }: { percent: number | null; label: string }) {
  const value = percent === null ? undefined : Math.max(0, Math.min(100, percent));
  return <progress className="job-bar" aria-label={label} max={100} value={value} />;
}
