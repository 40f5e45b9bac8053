import { useState, type KeyboardEvent } from "react";
import { Button } from "../../kit/Button";
import { useDraft } from "../../kit/draft";
import { TextField } from "../../kit/Fields";
import { CodeEditor } from "../../kit/LazyEditor";
import { Page } from "../../kit/Page";
import { useTexts } from "../../texts";
import { mounted } from "../mount";
import { Outcome } from "./Outcome";
import { useRunning } from "./running";
import "./python.css";

const FIRST = 'print("hello")\nreturn sum(range(10))\n';
const LONGEST = 300;

/** A place to try Python: each run is a fresh process in the jail, and a job as any other. */
function Python() {
  const t = useTexts().python;
  const [draft, change] = useDraft("python", { code: FIRST, timeout: "30" });
  const [goTo, setGoTo] = useState<{ line: number; column: number; at: number } | null>(null);
  const running = useRunning();
  const { outcome } = running;
  const timeout = Number(draft.timeout);
  const isWrong = !Number.isInteger(timeout) || timeout < 1 || timeout > LONGEST;
  const start = () => running.busy || isWrong || running.start(draft.code, timeout);
  const jump = (line: number) => setGoTo({ line, column: 1, at: Date.now() });
  const pressed = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    event.stopPropagation();
    start();
  };
  const marks = outcome?.line ? [{ line: outcome.line, column: 1, message: outcome.error ?? "", severity: "error" as const }] : [];
  return (
    <Page title={t.title} summary={t.summary}>
      <div className="split" onKeyDownCapture={pressed}>
        <section className="card stack" aria-label={t.code}>
          <CodeEditor
            language="python"
            label={t.code}
            value={draft.code}
            onChange={(code) => change({ ...draft, code })}
            diagnostics={marks}
            goTo={goTo}
            minLines={16}
            maxLines={30}
          />
          <div className="row python-run">
            <TextField
              label={t.timeout}
              type="number"
              value={draft.timeout}
              onChange={(value) => change({ ...draft, timeout: value })}
              error={isWrong ? t.wrongTimeout(LONGEST) : undefined}
            />
            <Button kind="primary" onPress={start} isDisabled={running.busy || isWrong}>
              {running.busy ? t.runs : t.run}
            </Button>
          </div>
        </section>
        <Outcome running={running} jump={jump} />
      </div>
    </Page>
  );
}

export const mount = mounted(Python);
