import { useEffect, useRef, useState, type FormEvent } from "react";
import { usePanel } from "../../api/context";
import { problemFrom } from "../../api/problem";
import { grants, session } from "../../api/session";
import { useWatched } from "../../api/watched";
import { Button } from "../../kit/Button";
import { CopyField } from "../../kit/CopyField";
import { TextField } from "../../kit/Fields";
import { Notice } from "../../kit/Notice";
import { useTexts } from "../../texts";
import { commandOf, curlOf } from "./commands";
import { execute, type Script } from "./data";
import { type Form, useForm } from "./form";
import { remember } from "./memory";
import { ParameterFields } from "./ParameterFields";

interface Options {
  delay: string;
  timeout: string;
}

/** The form that starts a script; the run's own page comes next. */
export function RunPart({ script }: { script: Script }) {
  const t = useTexts().scripts;
  const form = useForm(script);
  const [options, setOptions] = useState<Options>({ delay: "", timeout: "" });
  const { run, busy } = useRunning(script, form, options);
  const mayRun = grants(useWatched(session.who)?.scopes ?? [], "scripts:write");
  const place = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (form.problem) place.current?.querySelector<HTMLElement>("[aria-invalid=true], fieldset:has([role=alert]) :is(input, button)")?.focus();
  }, [form.problem]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run();
  };
  return (
    <form ref={place} className="stack script-form" onSubmit={submit} noValidate>
      <ParameterFields script={script} form={form} />
      <MoreOptions options={options} change={setOptions} form={form} />
      {mayRun ? (
        <div className="row">
          <Button kind="primary" type="submit" isDisabled={busy}>
            {busy ? t.starting : t.run}
          </Button>
          {script.parameters.length > 0 && (
            <Button kind="quiet" onPress={form.reset}>
              {t.reset}
            </Button>
          )}
        </div>
      ) : (
        <Notice tone="plain">{t.mayNotRun}</Notice>
      )}
      <Elsewhere script={script} form={form} />
    </form>
  );
}

const secondsOf = (text: string): number | string | undefined => (text.trim() === "" ? undefined : Number.isFinite(Number(text)) ? Number(text) : text);

/** Letters of a key that nobody else has; `crypto.randomUUID` is only there over HTTPS. */
const freshKey = (): string => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

function useRunning(script: Script, form: Form, options: Options) {
  const panel = usePanel();
  const [busy, setBusy] = useState(false);
  const attempt = useRef("");
  const run = async () => {
    setBusy(true);
    form.refuse(null);
    const body = { script_name: script.name, parameters: form.given, options: { delay: secondsOf(options.delay), timeout: secondsOf(options.timeout) } };
    attempt.current ||= freshKey();
    try {
      const made = await execute(body, attempt.current);
      remember(script.name, script.parameters, form.values);
      form.forget();
      panel.navigate(`/${encodeURIComponent(made.job_id)}`, { panel: "jobs" });
    } catch (failure) {
      const problem = problemFrom(failure);
      // whether it arrived is not known: sent again with this key it starts one run, not two
      if (!problem.lost) attempt.current = "";
      form.refuse(problem);
    } finally {
      setBusy(false);
    }
  };
  return { run, busy };
}

function MoreOptions({ options, change, form }: { options: Options; change: (options: Options) => void; form: Form }) {
  const t = useTexts().scripts;
  const errorOf = (name: keyof Options) => form.problem?.at(`/options/${name}`);
  return (
    <details className="script-more" open={!!(errorOf("delay") ?? errorOf("timeout")) || undefined}>
      <summary>{t.whenAndHowLong}</summary>
      <div className="split close">
        <TextField label={t.delay} inputMode="decimal" value={options.delay} error={errorOf("delay")} onChange={(delay) => change({ ...options, delay })} />
        <TextField label={t.timeout} help={t.timeoutHelp} inputMode="decimal" value={options.timeout} error={errorOf("timeout")} onChange={(timeout) => change({ ...options, timeout })} />
      </div>
    </details>
  );
}

function Elsewhere({ script, form }: { script: Script; form: Form }) {
  const t = useTexts().scripts;
  return (
    <details className="script-more">
      <summary>{t.elsewhere}</summary>
      <div className="stack">
        <CopyField label={t.command} text={commandOf(script.name, script.parameters, form.given, form.values)} />
        <CopyField label={t.curl} text={curlOf(script.name, script.parameters, form.given)} />
      </div>
    </details>
  );
}
