import { Failure } from "../../kit/Notice";
import { useTexts } from "../../texts";
import { type Attempt, type Job, useAttempts } from "./data";
import { State } from "./State";
import { useWords } from "./words";

/** Each time that a job was begun, and why that ended. */
export function Attempts({ job }: { job: Job }) {
  const t = useTexts().jobs;
  const { data, error } = useAttempts(job);
  if (error) return <Failure error={error} />;
  if (!data?.length) return null;
  return (
    <section className="card stack" aria-label={t.attempts}>
      <h2>{t.attempts}</h2>
      <ol className="job-attempts">
        {data.map((one) => (
          <li key={one.number}>
            <One attempt={one} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function One({ attempt }: { attempt: Attempt }) {
  const t = useTexts().jobs;
  const words = useWords();
  const seconds = attempt.ended_at ? (Date.parse(attempt.ended_at) - Date.parse(attempt.started_at)) / 1000 : null;
  return (
    <div className="stack close">
      <p className="row close">
        <strong>{attempt.number}</strong>
        <State job={{ state: attempt.state as Job["state"], cancelling: false }} />
        <span className="quiet-text" title={words.exact(attempt.started_at)}>
          {words.time(attempt.started_at)} {seconds !== null && `· ${words.took(seconds)}`}
        </span>
      </p>
      {attempt.error && <p>{attempt.error}</p>}
      <p className="quiet-text">{t.byWorker(attempt.worker)}</p>
    </div>
  );
}
