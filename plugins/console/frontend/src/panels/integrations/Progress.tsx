import { usePanel } from "../../api/context";
import { Badge } from "../../kit/Badge";
import { useTexts } from "../../texts";
import { isOver, type Run } from "./data";
import { useWords } from "./route";

const COUNTS = ["pages", "recordsIn", "created", "updated", "unchanged", "skipped", "failed"] as const;

/** What a run did so far, and why it ended. */
export function Progress({ run, bare }: { run: Run; bare?: boolean }) {
  const t = useTexts().integrations;
  const panel = usePanel();
  const { number, time, seconds } = useWords();
  return (
    <div className="stack tight" role="group" aria-label={t.runOf(run.endpointId)}>
      <p className="row">
        <Badge state={run.status} />
        <span className="quiet-text">
          {time(run.createdAt)} {isOver(run) && `· ${seconds(run.startedAt, run.finishedAt)}`}
        </span>
        {!bare && <a href={panel.href(`/${run.integrationId}/runs/${run.id}`)}>{t.details}</a>}
      </p>
      <dl className="counts" aria-live={isOver(run) ? undefined : "off"}>
        {COUNTS.map((name) => (
          <div key={name} className={name === "failed" && run.failed ? "bad" : undefined}>
            <dt>{t.counts[name]}</dt>
            <dd>{number(run[name])}</dd>
          </div>
        ))}
      </dl>
      {!isOver(run) && <div className="moving" aria-hidden="true" />}
      {run.stop && (
        <p>
          {t.why} {run.stop.detail || run.stop.rule}
        </p>
      )}
    </div>
  );
}
