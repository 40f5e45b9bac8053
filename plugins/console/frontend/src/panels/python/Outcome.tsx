import { usePanel } from "../../api/context";
import { JsonView } from "../../kit/JsonView";
import { Failure, Notice } from "../../kit/Notice";
import { useTexts } from "../../texts";
import type { Outcome as Found, Running } from "./running";

/** What became of the run. */
export function Outcome({ running, jump }: { running: Running; jump: (line: number) => void }) {
  const t = useTexts().python;
  const { outcome, problem, busy, follows } = running;
  const none = !outcome && !problem && !busy;
  return (
    <section className="card stack" aria-label={t.result} aria-busy={busy}>
      <h2>{t.result}</h2>
      <div role="status">
        {none && <p className="quiet-text">{t.none}</p>}
        {busy && <p className="quiet-text">{follows ? t.goesOn : t.runs}</p>}
      </div>
      {follows && <JobLink id={follows} />}
      {problem && !busy && <Failure error={problem} />}
      {outcome && !busy && <Ended outcome={outcome} jump={jump} />}
    </section>
  );
}

function Ended({ outcome, jump }: { outcome: Found; jump: (line: number) => void }) {
  const t = useTexts().python;
  const { error, line, stdout, stderr, waited, ran, jobId } = outcome;
  return (
    <>
      {error !== undefined && (
        <Notice tone="bad">
          <p>{error}</p>
          {line !== undefined && (
            <button type="button" className="link-button" onClick={() => jump(line)}>
              {t.line(line)}
            </button>
          )}
        </Notice>
      )}
      {error === undefined && <JsonView label={t.result} value={outcome.result ?? null} />}
      <Printed title={t.output} text={stdout} />
      <Printed title={t.errors} text={stderr} />
      <p className="row quiet-text">
        {ran !== undefined && t.times(ran, waited ?? 0)}
        {jobId && <JobLink id={jobId} />}
      </p>
    </>
  );
}

function Printed({ title, text }: { title: string; text: string }) {
  if (!text) return null;
  return (
    <div>
      <h3>{title}</h3>
      <pre className="code python-printed" tabIndex={0} role="region" aria-label={title}>
        {text}
      </pre>
    </div>
  );
}

const JobLink = ({ id }: { id: string }) => <a href={usePanel().href(`/${id}`, "jobs")}>{useTexts().python.job}</a>;
