/** One job: how it is, what it writes, what it was given and what it left. */
import { useCallback, useEffect } from "react";
import { usePanel } from "../../api/context";
import { JsonView } from "../../kit/JsonView";
import { LogView } from "../../kit/LogView";
import { Failure } from "../../kit/Notice";
import { Page } from "../../kit/Page";
import { useWatched } from "../../api/watched";
import { useTexts } from "../../texts";
import { Actions } from "./Actions";
import { Artifacts } from "./Artifacts";
import { Attempts } from "./Attempts";
import { isOver, type Job, logAddress, refresh, useJob } from "./data";
import { type JobFeed, useFeed } from "./feed";
import { Given } from "./Given";
import { StateCard } from "./StateCard";

export function JobPage({ id }: { id: string }) {
  const t = useTexts();
  const { data: job, error, refetch } = useJob(id);
  const news = useCallback(() => void refresh(id), [id]);
  const feed = useFeed(id, news);
  const over = job ? isOver(job) : true;
  useEffect(() => {
    if (!over) feed.resume();
  }, [over, feed]);
  if (!job) return <Page title={t.jobs.job}>{error ? <Failure error={error} retry={() => void refetch()} /> : <p>{t.frame.loading}</p>}</Page>;
  return (
    <Page title={job.title} summary={<About job={job} />} actions={<Actions job={job} />}>
      <StateCard job={job} feed={feed} />
      <Output job={job} feed={feed} />
      <div className="split">
        <Given job={job} />
        {job.result !== null && (
          <section className="card stack" aria-label={t.jobs.result}>
            <h2>{t.jobs.result}</h2>
            <JsonView value={job.result} label={t.jobs.result} />
          </section>
        )}
        <Artifacts job={job} />
        <Attempts job={job} />
      </div>
    </Page>
  );
}

function About({ job }: { job: Job }) {
  const t = useTexts().jobs;
  const panel = usePanel();
  return (
    <span className="row close">
      {job.kind === "script" ? <a href={panel.href(`/${encodeURIComponent(job.script_name)}`, "scripts")}>{t.script(job.script_name)}</a> : <span>{job.kind}</span>}
      <code>{job.id}</code>
    </span>
  );
}

function Output({ job, feed }: { job: Job; feed: JobFeed }) {
  const t = useTexts().jobs;
  const state = useWatched(feed.state);
  const empty = job.status === "pending" ? t.notBegun : job.status === "running" ? t.nothingYet : undefined;
  return (
    <>
      <LogView key={job.id} label={t.output} lines={feed.lines} state={state} download={logAddress(job.id)} empty={empty} />
      {job.log_cut && <p className="quiet-text">{t.logCut}</p>}
    </>
  );
}
