import { usePanel } from "../../api/context";
import { JsonView } from "../../kit/JsonView";
import { Failure, Notice } from "../../kit/Notice";
import { Page } from "../../kit/Page";
import { useTexts } from "../../texts";
import { isOver, type RunDetail, type Sent, useRun } from "./data";
import { Progress } from "./Progress";
import { Cancel } from "./Sync";
import { Request } from "./TestView";

/** One run: what it did, page by page, and the records that failed, with where they came from. */
export function RunPage({ id, run }: { id: string; run: string }) {
  const t = useTexts();
  const panel = usePanel();
  const { data, error, refetch } = useRun(id, run);
  if (!data) return <Page title={t.integrations.run}>{error ? <Failure error={error} retry={() => void refetch()} /> : t.frame.loading}</Page>;
  const back = <a href={panel.href(`/${id}/sync`)}>← {t.integrations.allRuns}</a>;
  return (
    <Page title={t.integrations.runOf(data.run.endpointId)} summary={back} actions={!isOver(data.run) && <Cancel id={id} run={run} />}>
      <section className="card">
        <Progress run={data.run} bare />
      </section>
      <WhyFailed detail={data} />
      <Failures detail={data} />
      <Pages detail={data} />
    </Page>
  );
}

function WhyFailed({ detail }: { detail: RunDetail }) {
  const { error } = detail.run;
  if (!error) return null;
  return (
    <Notice tone="bad">
      <p>{error.detail}</p>
      {error.request && <Request sent={error.request} />}
      {error.response && <pre className="code block">{error.response.excerpt}</pre>}
    </Notice>
  );
}

function Failures({ detail }: { detail: RunDetail }) {
  const t = useTexts().integrations;
  const { failures, failuresKept } = detail;
  if (!failures.length) return null;
  return (
    <section className="card stack" aria-label={t.failedRecords}>
      <h2>{t.failedRecords}</h2>
      {failuresKept > failures.length && <p className="quiet-text">{t.firstOf(failures.length, failuresKept)}</p>}
      <ul className="plain-list">
        {failures.map((one) => (
          <li key={`${one.page}.${one.index}`}>
            <details>
              <summary>
                {t.recordOfPage(one.index + 1, one.page)}{" "}
                {one.errors.map((error, at) => (
                  <span key={at} className="react-aria-FieldError">
                    <code>{error.field}</code> {error.detail}{" "}
                  </span>
                ))}
              </summary>
              <JsonView value={one.source} label={t.sourceRecord} />
            </details>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface PageTrace {
  page: number;
  request?: Sent;
  response?: { status: number; seconds: number };
  records: { in: number; mapped: number; failed: number; skipped: number };
  written?: { created: number; updated: number; unchanged: number };
  dropped: Record<string, number>;
  tries: { outcome: string; wait: number; reason: string }[];
  waited: number;
  stop: { rule: string; detail: string } | null;
}

/** What happened to each page, and where it stopped. */
function Pages({ detail }: { detail: RunDetail }) {
  const t = useTexts().integrations;
  const pages = detail.trace as unknown as PageTrace[];
  if (!pages.length) return null;
  return (
    <section className="card stack" aria-label={t.pages}>
      <h2>{t.pages}</h2>
      <ol className="plain-list">
        {pages.map((one) => (
          <li key={one.page}>
            <details>
              <summary>
                {t.page(one.page)} {one.response && <code>{one.response.status}</code>} {t.recordsOf(one.records.in, one.records.mapped, one.records.failed)}
                {one.stop && ` ${t.stopped(one.stop.rule, one.stop.detail)}`}
              </summary>
              <ul className="trace">
                {one.tries.map((tried, at) => (
                  <li key={at}>{t.triedAgain(tried.outcome, tried.wait, tried.reason)}</li>
                ))}
                {one.waited > 0 && <li>{t.waited(one.waited)}</li>}
                {Object.entries(one.dropped ?? {}).map(([rule, count]) => (
                  <li key={rule}>{t.dropped(count, rule)}</li>
                ))}
              </ul>
              {one.request && <Request sent={one.request} />}
            </details>
          </li>
        ))}
      </ol>
    </section>
  );
}
