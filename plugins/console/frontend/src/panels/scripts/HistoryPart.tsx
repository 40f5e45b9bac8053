import { useMemo } from "react";
import { usePanel } from "../../api/context";
import { Failure } from "../../kit/Notice";
import { Plot } from "../../kit/Plot";
import { Table } from "../../kit/Table";
import { useTexts } from "../../texts";
import { useColumns } from "../jobs/columns";
import { isOver, type Job, useRuns } from "../jobs/data";
import { jobPath } from "../jobs/route";
import type { Script } from "./data";

/** The latest runs of a script: how long they took, and how they ended. */
export function HistoryPart({ script }: { script: Script }) {
  const t = useTexts();
  const panel = usePanel();
  const columns = useColumns(true);
  const { data, error, refetch } = useRuns(script.name);
  if (!data) return error ? <Failure error={error} retry={() => void refetch()} /> : <p className="quiet-text">{t.frame.loading}</p>;
  if (!data.jobs.length) return <p className="empty">{t.scripts.noRuns}</p>;
  const more = data.pagination.total_items - data.jobs.length;
  return (
    <div className="stack">
      <Durations jobs={data.jobs} />
      <Table label={t.scripts.history} columns={columns} rows={data.jobs} onOpen={(job) => panel.navigate(jobPath(job.id), { panel: "jobs" })} />
      {more > 0 && <a href={panel.href(`?subject=${encodeURIComponent(script.name)}`, "jobs")}>{t.scripts.olderRuns(more)}</a>}
    </div>
  );
}

function Durations({ jobs }: { jobs: readonly Job[] }) {
  const t = useTexts();
  const { x, series } = useMemo(() => {
    const over = jobs.filter((job) => isOver(job) && job.started_at && job.duration !== null).reverse();
    const of = (good: boolean) => over.map((job) => ((job.status === "completed") === good ? job.duration : null));
    return {
      x: over.map((job) => Date.parse(job.created_at) / 1000),
      series: [
        { label: t.jobs.statuses.completed, values: of(true), tone: "accent" as const },
        { label: t.scripts.notCompleted, values: of(false), tone: "bad" as const },
      ],
    };
  }, [jobs, t]);
  if (x.length < 2) return null;
  return <Plot label={t.scripts.durations} x={x} series={series} unit="s" />;
}
