import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { json } from "../../api/client";
import { type Problem, problemFrom } from "../../api/problem";
import { Button } from "../../kit/Button";
import { Select, TextField } from "../../kit/Fields";
import { Failure, Notice } from "../../kit/Notice";
import { useDraft } from "../../kit/draft";
import { useTexts } from "../../texts";
import { useBuilder } from "./draft";
import * as api from "./data";
import type { Endpoint } from "./model";
import { asked, ParamInputs } from "./ParamInputs";
import { useWords } from "./route";

const USUAL = ["*/15 * * * *", "0 * * * *", "0 6 * * *", "0 6 * * 1-5", "0 6 * * 1"] as const;
const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

interface Props {
  endpoint: Endpoint;
  schedule: api.Schedule | undefined;
}

/** When an endpoint is synced by the clock; what is typed shows its next times. */
export function Timed({ endpoint, schedule }: Props) {
  const t = useTexts().integrations;
  const { time } = useWords();
  const [open, setOpen] = useState(false);
  return (
    <div className="stack tight">
      <p className="row">
        <span>{schedule ? t.nextAt(time(schedule.nextAt)) : t.notTimed}</span>
        {!open && (
          <Button kind="quiet" onPress={() => setOpen(true)}>
            {schedule ? t.changeTimes : t.setTimes}
          </Button>
        )}
      </p>
      {schedule?.lastError && <Notice tone="bad">{t.notStarted(schedule.lastError)}</Notice>}
      {open && <Table endpoint={endpoint} schedule={schedule} onDone={() => setOpen(false)} />}
    </div>
  );
}

function Table({ endpoint, schedule, onDone }: Props & { onDone: () => void }) {
  const t = useTexts();
  const { saved } = useBuilder();
  const queries = useQueryClient();
  const [typed, change, { forget }] = useDraft(`integrations.${saved!.id}.times.${endpoint.id}`, {
    params: schedule?.params ?? {},
    cron: schedule?.cron ?? USUAL[2],
    timezone: schedule?.timezone ?? HERE,
  });
  const [problem, setProblem] = useState<Problem | null>(null);
  const usual = USUAL.find((one) => one === typed.cron) ?? "-";
  const path = `${api.one(saved!.id)}/schedules/${encodeURIComponent(endpoint.id)}`;
  const done = async (act: () => Promise<unknown>) => {
    try {
      await act();
      forget();
      await queries.invalidateQueries({ queryKey: ["integrations", saved!.id, "schedules"] });
      onDone();
    } catch (error) {
      setProblem(problemFrom(error));
    }
  };
  return (
    <div className="stack">
      <div className="cells">
        <Select label={t.integrations.often} value={usual} onChange={(cron) => cron !== "-" && change({ ...typed, cron })} options={[...USUAL.map((one, at) => ({ value: one, label: t.integrations.usual[at]! })), { value: "-", label: t.integrations.otherTimes }]} />
        <TextField label="Cron" code value={typed.cron} help={t.integrations.cronHelp} onChange={(cron) => change({ ...typed, cron })} error={problem?.at("/cron")} />
        <TextField label={t.integrations.timezone} value={typed.timezone} onChange={(timezone) => change({ ...typed, timezone })} error={problem?.at("/timezone")} />
      </div>
      {asked(endpoint).length > 0 && <ParamInputs endpoint={endpoint} value={typed.params} onChange={(params) => change({ ...typed, params: params ?? {} })} />}
      <Times cron={typed.cron} timezone={typed.timezone} />
      {problem && !problem.errors.length && <Failure error={problem} />}
      <div className="row">
        <Button kind="primary" onPress={() => void done(() => json(path, "PUT", typed))}>
          {t.integrations.saveTimes}
        </Button>
        {schedule && <Button onPress={() => void done(() => json(path, "DELETE"))}>{t.integrations.removeTimes}</Button>}
        <Button kind="quiet" onPress={() => (forget(), onDone())}>
          {t.kit.cancel}
        </Button>
      </div>
    </div>
  );
}

function Times({ cron, timezone }: { cron: string; timezone: string }) {
  const t = useTexts().integrations;
  const { time } = useWords();
  const { data, error } = api.useTimes(cron, timezone);
  if (error) return <p className="react-aria-FieldError">{problemFrom(error).detail}</p>;
  return <p className="quiet-text">{data ? t.nextTimes(data.times.map(time).join(" · ")) : " "}</p>;
}
