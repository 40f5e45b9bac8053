import { useEffect, useRef, useState } from "react";
import { usePanel } from "../../api/context";
import { problemFrom } from "../../api/problem";
import { grants, session } from "../../api/session";
import { useWatched } from "../../api/watched";
import { Button } from "../../kit/Button";
import { useConfirm } from "../../kit/Confirm";
import { useTexts } from "../../texts";
import { rememberGiven } from "../scripts/memory";
import { cancel, isOver, type Job, know, retry } from "./data";

/** What one can do to a job: end it, try it again, start it with other values. */
export function Actions({ job }: { job: Job }) {
  const t = useTexts().jobs;
  const { act, busy } = useActing(job);
  const confirm = useConfirm();
  const mayWrite = grants(useWatched(session.who)?.scopes ?? [], "jobs:write");
  useOutcome(job);
  const end = async () => {
    const text = job.status === "pending" ? t.cancelWaiting : t.cancelRunning;
    if (await confirm({ title: t.cancelTitle(job.title), text, action: t.cancelAction, danger: true })) await act(cancel);
  };
  if (!mayWrite) return null;
  return (
    <>
      {!isOver(job) && (
        <Button kind="danger" isDisabled={busy || job.cancelling} onPress={() => void end()}>
          {job.cancelling ? t.cancelling : t.cancel}
        </Button>
      )}
      {job.kind === "script" && isOver(job) && <Again job={job} />}
      {isOver(job) && job.status !== "completed" && (
        <Button kind="primary" isDisabled={busy} onPress={() => void act(retry)}>
          {t.retry}
        </Button>
      )}
    </>
  );
}

function useActing(job: Job) {
  const panel = usePanel();
  const [busy, setBusy] = useState(false);
  const act = async (what: (id: string) => Promise<Job>) => {
    setBusy(true);
    try {
      know(await what(job.id));
    } catch (failure) {
      panel.notify(problemFrom(failure).detail, "bad");
    } finally {
      setBusy(false);
    }
  };
  return { act, busy };
}

/** Whoever asked for the end is told how it came. */
function useOutcome(job: Job): void {
  const t = useTexts().jobs;
  const panel = usePanel();
  const was = useRef(job);
  useEffect(() => {
    const before = was.current;
    was.current = job;
    if (before.id !== job.id || isOver(before) || !isOver(job)) return;
    if (job.status === "cancelled") panel.notify(t.cancelled, "good");
    else if (before.cancelling) panel.notify(t.endedBefore(t.states[job.state]), "plain");
  }, [job, panel, t]);
}

/** The form of the script, with the values of this run. */
function Again({ job }: { job: Job }) {
  const t = useTexts().jobs;
  const panel = usePanel();
  const go = () => {
    rememberGiven(job.script_name, job.parameters);
    panel.navigate(`/${encodeURIComponent(job.script_name)}`, { panel: "scripts" });
  };
  return <Button onPress={go}>{t.again}</Button>;
}
