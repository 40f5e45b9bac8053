import { useWatched } from "../../api/watched";
import { Notice } from "../../kit/Notice";
import { useTexts } from "../../texts";
import { isOver, type Job, useLine } from "./data";
import type { JobFeed } from "./feed";
import { Bar, State } from "./State";
import { useWords } from "./words";

/** How a job is: its state, how far it is, its times; why it waits, and why it failed. */
export function StateCard({ job, feed }: { job: Job; feed: JobFeed }) {
  const t = useTexts().jobs;
  const words = useWords();
  const live = useWatched(feed.progress);
  const percent = live.percent ?? job.progress;
  const stage = live.stage || job.current_stage;
  return (
    <section className="card stack job-state" aria-label={t.state}>
      <p className="row">
        <State job={job} />
        {job.status === "running" && <strong>{[stage, percent !== null && `${Math.round(percent)} %`].filter(Boolean).join(" · ")}</strong>}
        {isOver(job) && stage && <span className="quiet-text">{t.lastStage(stage)}</span>}
      </p>
      {job.status === "running" && <Bar percent={percent} label={t.progress} />}
      {job.status === "pending" && <Waits job={job} />}
      <dl className="job-facts">
        <Fact term={t.created} text={words.time(job.created_at)} title={words.exact(job.created_at)} />
        {job.started_at && <Fact term={t.started} text={words.time(job.started_at)} title={words.exact(job.started_at)} />}
        {job.completed_at && <Fact term={t.ended} text={words.time(job.completed_at)} title={words.exact(job.completed_at)} />}
        {job.started_at && <Fact term={t.took} text={words.took(job.duration)} />}
        {job.attempts > 1 && <Fact term={t.attempt} text={t.attemptOf(job.attempts, Math.max(job.attempts, job.most_attempts))} />}
        {job.cpu > 0 && <Fact term={t.cpu} text={words.took(job.cpu)} />}
        {job.peak_memory > 0 && <Fact term={t.memory} text={words.bytes(job.peak_memory)} />}
        <Fact term={t.who} text={job.owner} />
      </dl>
      {isOver(job) && job.status !== "completed" && <WhyEnded job={job} />}
    </section>
  );
}

const Fact = ({ term, text, title }: { term: string; text: string; title?: string }) => (
  <div>
    <dt>{term}</dt>
    <dd title={title}>{text}</dd>
  </div>
);

function Waits({ job }: { job: Job }) {
  const t = useTexts().jobs;
  const words = useWords();
  const line = useLine(job).data;
  if (job.state === "delayed") return <p>{t.waitsUntil(words.time(job.due_at), job.error_message)}</p>;
  return <p>{line ? t.waitsInLine(line.before, line.running) : t.waits}</p>;
}

function WhyEnded({ job }: { job: Job }) {
  const t = useTexts().jobs;
  const how = [
    job.limit && t.overLimit(t.limits[job.limit] ?? job.limit),
    job.signal !== null && t.bySignal(job.signal),
    job.exit_code !== null && job.exit_code !== 0 && t.exitCode(job.exit_code),
  ].filter(Boolean);
  if (job.status === "cancelled") return <Notice tone="plain">{job.error_message || t.wasCancelled}</Notice>;
  return (
    <Notice tone="bad">{job.error_message || how.join(" ") || t.failed}</Notice>
  );
}
