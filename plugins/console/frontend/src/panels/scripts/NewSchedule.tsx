import { useState, type FormEvent } from "react";
import { usePanel } from "../../api/context";
import { problemFrom } from "../../api/problem";
import { Button } from "../../kit/Button";
import { Select, TextField } from "../../kit/Fields";
import { useDraft } from "../../kit/draft";
import { useTexts } from "../../texts";
import { useWords } from "../jobs/words";
import { inWords } from "./cron";
import { type Overlap, refreshSchedules, schedule, type Script, useTimes } from "./data";
import { useForm } from "./form";
import { ParameterFields } from "./ParameterFields";

const USUAL = ["*/15 * * * *", "0 * * * *", "0 6 * * *", "0 6 * * 1-5", "0 6 * * 1", "0 6 1 * *"] as const;
const OVERLAPS: readonly Overlap[] = ["skip", "queue", "replace"];
const OWN = "-";

interface When {
  cron: string;
  timezone: string;
  overlap: Overlap;
}

/** A time table, with its next times before it is saved, and the values that each run is given. */
export function NewSchedule({ script, onDone }: { script: Script; onDone: () => void }) {
  const t = useTexts();
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const [when, change, draft] = useDraft<When>(`scripts.${script.name}.when`, { cron: USUAL[2], timezone: zone, overlap: "skip" });
  const form = useForm(script, `scripts.${script.name}.scheduled`);
  const [busy, setBusy] = useState(false);
  const leave = () => (draft.forget(), form.forget(), onDone());
  const save = async () => {
    setBusy(true);
    try {
      await schedule({ script_name: script.name, ...when, parameters: form.given });
      await refreshSchedules();
      leave();
    } catch (failure) {
      form.refuse(problemFrom(failure));
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void save();
  };
  return (
    <form className="card stack script-form" aria-label={t.scripts.newSchedule} onSubmit={submit} noValidate>
      <h2>{t.scripts.newSchedule}</h2>
      <Often when={when} change={change} errorOf={(name) => form.problem?.at(`/${name}`)} />
      <Select
        label={t.scripts.overlap}
        value={when.overlap}
        options={OVERLAPS.map((one) => ({ value: one, label: t.scripts.overlaps[one] }))}
        onChange={(overlap) => change({ ...when, overlap: overlap as Overlap })}
      />
      <h3>{t.scripts.valuesOfEach}</h3>
      <ParameterFields script={script} form={form} onServer />
      <div className="row">
        <Button kind="primary" type="submit" isDisabled={busy}>
          {t.scripts.saveSchedule}
        </Button>
        <Button kind="quiet" onPress={leave}>
          {t.kit.cancel}
        </Button>
      </div>
    </form>
  );
}

function Often({ when, change, errorOf }: { when: When; change: (when: When) => void; errorOf: (name: string) => string | undefined }) {
  const t = useTexts().scripts;
  const language = usePanel().language();
  const usual = USUAL.find((one) => one === when.cron) ?? OWN;
  const options = [...USUAL.map((one) => ({ value: one as string, label: inWords(one, t.cron, language)! })), { value: OWN, label: t.ownTimes }];
  return (
    <>
      <Select label={t.often} value={usual} options={options} onChange={(cron) => cron !== OWN && change({ ...when, cron })} />
      <div className="split close">
        <TextField label={t.cronLabel} code help={t.cronHelp} value={when.cron} error={errorOf("cron")} onChange={(cron) => change({ ...when, cron })} />
        <TextField label={t.timezone} help={t.timezoneHelp} value={when.timezone} error={errorOf("timezone")} onChange={(timezone) => change({ ...when, timezone })} />
      </div>
      <Times {...when} />
    </>
  );
}

function Times({ cron, timezone }: Pick<When, "cron" | "timezone">) {
  const t = useTexts().scripts;
  const language = usePanel().language();
  const { time } = useWords();
  const { data, error } = useTimes(cron, timezone);
  if (error) return <p className="react-aria-FieldError">{problemFrom(error).detail}</p>;
  const told = inWords(cron, t.cron, language);
  return (
    <p className="quiet-text" role="status">
      {told && `${told}. `}
      {data ? t.nextTimes(data.times.map(time).join(" · ")) : " "}
    </p>
  );
}
