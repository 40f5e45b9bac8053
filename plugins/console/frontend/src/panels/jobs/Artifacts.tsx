import { Failure } from "../../kit/Notice";
import { useTexts } from "../../texts";
import { artifactAddress, type Job, useArtifacts } from "./data";
import { useWords } from "./words";

/** The files that a job left. */
export function Artifacts({ job }: { job: Job }) {
  const t = useTexts().jobs;
  const { bytes } = useWords();
  const { data, error } = useArtifacts(job);
  if (error) return <Failure error={error} />;
  if (!data?.length) return null;
  return (
    <section className="card stack" aria-label={t.files}>
      <h2>{t.files}</h2>
      <ul className="job-files">
        {data.map((file) => (
          <li key={file.name}>
            <a href={artifactAddress(job.id, file.name)} download>
              {file.name}
            </a>
            <span className="quiet-text">{bytes(file.size)}</span>
            <code className="quiet-text" title={`SHA-256 ${file.sha256}`}>
              {file.sha256.slice(0, 12)}
            </code>
          </li>
        ))}
      </ul>
    </section>
  );
}
