import { session } from "../../api/session";
import { useWatched } from "../../api/watched";
import type { TableColumn } from "../../kit/Table";
import { useTexts } from "../../texts";
import type { Job } from "./data";
import { State } from "./State";
import { useWords } from "./words";

/** What lists show of jobs. */
export function useColumns(ofScript = false): TableColumn<Job>[] {
  const t = useTexts().jobs;
  const words = useWords();
  const me = useWatched(session.who)?.id;
  const what: TableColumn<Job> = { id: "title", title: t.what, width: "minmax(180px, 2fr)", render: (job) => <What job={job} /> };
  const who: TableColumn<Job> = { id: "owner", title: t.who, width: "minmax(90px, 1fr)", render: (job) => (job.owner === me ? t.you : <code>{job.owner}</code>) };
  return [
    ...(ofScript ? [] : [what]),
    { id: "state", title: t.state, width: "170px", render: (job) => <Now job={job} /> },
    { id: "error", title: t.why, width: "minmax(0, 2fr)", render: (job) => job.error_message && <span title={job.error_message}>{job.error_message}</span> },
    who,
    { id: "created", title: t.created, width: "140px", render: (job) => <time title={words.exact(job.created_at)}>{words.time(job.created_at)}</time> },
    { id: "took", title: t.took, width: "110px", align: "end", render: (job) => (job.status === "pending" ? "" : words.took(job.duration)) },
  ];
}

const What = ({ job }: { job: Job }) => (
  <span>
    <strong>{job.title}</strong> {job.script_name && job.script_name !== job.title && <code>{job.script_name}</code>}
  </span>
);

function Now({ job }: { job: Job }) {
  const percent = job.status === "running" && job.progress !== null ? `${Math.round(job.progress)} %` : "";
  return (
    <span className="row close">
      <State job={job} /> {percent}
    </span>
  );
}
