import { JsonView } from "../../kit/JsonView";
import { useTexts } from "../../texts";
import { useUploads } from "../scripts/data";
import type { Job } from "./data";

interface One {
  name: string;
  value: unknown;
}

const UPLOAD = /^file_[a-z0-9]{20}$/;

/** A script is given names with values, any other job something of its own. */
export const givenOf = (parameters: unknown): One[] | null =>
  Array.isArray(parameters) && parameters.every((one) => one && typeof one === "object" && "name" in one) ? (parameters as One[]) : null;

/** What a job was given. Secrets never came here: the server has masks in their place. */
export function Given({ job }: { job: Job }) {
  const t = useTexts().jobs;
  const given = givenOf(job.parameters);
  const uploads = useUploads(!!given?.some((one) => UPLOAD.test(String(one.value)))).data;
  if (job.parameters === null || given?.length === 0) return null;
  return (
    <section className="card stack" aria-label={t.given}>
      <h2>{t.given}</h2>
      {given ? (
        <dl className="facts">
          {given.map((one) => (
            <Pair key={one.name} one={one} file={uploads?.find((file) => file.id === one.value)?.name} />
          ))}
        </dl>
      ) : (
        <JsonView value={job.parameters} label={t.given} />
      )}
    </section>
  );
}

const Pair = ({ one: { name, value }, file }: { one: One; file: string | undefined }) => (
  <>
    <dt>{name}</dt>
    <dd>
      {file && `${file} `}
      <span className={file && "quiet-text"}>{Array.isArray(value) ? value.join(", ") : typeof value === "string" ? value : JSON.stringify(value)}</span>
    </dd>
  </>
);
