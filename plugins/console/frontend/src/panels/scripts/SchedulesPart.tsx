import { useState } from "react";
import { usePanel } from "../../api/context";
import { problemFrom } from "../../api/problem";
import { grants, session } from "../../api/session";
import { useWatched } from "../../api/watched";
import { Badge } from "../../kit/Badge";
import { Button } from "../../kit/Button";
import { useConfirm } from "../../kit/Confirm";
import { Failure, Notice } from "../../kit/Notice";
import { useTexts } from "../../texts";
import { useWords } from "../jobs/words";
import { inWords } from "./cron";
import { pause, refreshSchedules, type Schedule, type Script, unschedule, useSchedules } from "./data";
import { NewSchedule } from "./NewSchedule";

/** When a script runs by the clock. */
export function SchedulesPart({ script }: { script: Script }) {
  const t = useTexts();
  const [adding, setAdding] = useState(false);
  const { data, error, refetch } = useSchedules(script.name);
  const mayWrite = grants(useWatched(session.who)?.scopes ?? [], "scripts:write");
  if (!data) return error ? <Failure error={error} retry={() => void refetch()} /> : <p className="quiet-text">{t.frame.loading}</p>;
  return (
    <div className="stack">
      {!data.length && !adding && <p className="empty">{t.scripts.noSchedules}</p>}
      {data.length > 0 && (
        <ul className="script-schedules" aria-label={t.scripts.schedules}>
          {data.map((one) => (
            <li key={one.id} className="card">
              <One schedule={one} mayWrite={mayWrite} />
            </li>
          ))}
        </ul>
      )}
      {adding ? (
        <NewSchedule script={script} onDone={() => setAdding(false)} />
      ) : (
        mayWrite && (
          <div className="row">
            <Button kind="primary" onPress={() => setAdding(true)}>
              {t.scripts.newSchedule}
            </Button>
          </div>
        )
      )}
    </div>
  );
}

function One({ schedule, mayWrite }: { schedule: Schedule; mayWrite: boolean }) {
  const t = useTexts().scripts;
  const panel = usePanel();
  const words = useWords();
  const told = inWords(schedule.cron, t.cron, panel.language());
  return (
    <div className="stack close">
      <p className="row">
        <strong>{told ?? <code>{schedule.cron}</code>}</strong>
        {told && <code className="quiet-text">{schedule.cron}</code>}
        <span className="quiet-text">{schedule.timezone}</span>
        {schedule.paused && <Badge state={t.paused} tone="inactive" />}
      </p>
      {!schedule.paused && <p>{t.nextAt(words.time(schedule.next_at))}</p>}
      <p className="quiet-text">
        {t.overlaps[schedule.overlap]}{" "}
        {schedule.last_at && (
          <>
            {t.lastAt(words.time(schedule.last_at))} {schedule.last_job && <a href={panel.href(`/${schedule.last_job}`, "jobs")}>{t.lastRun}</a>}
          </>
        )}
      </p>
      {schedule.last_error && <Notice tone="bad">{t.notStarted(schedule.last_error)}</Notice>}
      {mayWrite && <Does schedule={schedule} />}
    </div>
  );
}

function Does({ schedule }: { schedule: Schedule }) {
  const t = useTexts().scripts;
  const panel = usePanel();
  const confirm = useConfirm();
  const act = async (what: () => Promise<unknown>) => {
    try {
      await what();
    } catch (failure) {
      panel.notify(problemFrom(failure).detail, "bad");
    }
    await refreshSchedules();
  };
  const remove = async () => {
    const sure = await confirm({ title: t.removeScheduleTitle, text: t.removeScheduleText, action: t.remove, danger: true });
    if (sure) await act(() => unschedule(schedule.id));
  };
  return (
    <div className="row">
      <Button onPress={() => void act(() => pause(schedule.id, !schedule.paused))}>{schedule.paused ? t.resume : t.pause}</Button>
      <Button kind="danger" onPress={() => void remove()}>
        {t.remove}
      </Button>
    </div>
  );
}
