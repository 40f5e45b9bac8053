/** How a call went: in a sentence, and then with all that was sent and received. */
import type { ReactNode } from "react";
import { Badge } from "../../kit/Badge";
import { JsonView } from "../../kit/JsonView";
import { Notice } from "../../kit/Notice";
import { useTexts } from "../../texts";
import type { Received, Sent, TestResult } from "./data";
import { useWords } from "./route";

interface Props {
  result: TestResult;
  /** A plain GET: there are neither records nor pages. */
  bare?: boolean;
  children?: ReactNode;
}

export function TestView({ result, bare, children }: Props) {
  const t = useTexts().integrations;
  const { request, response } = result;
  const { number } = useWords();
  return (
    <div className="stack">
      <Notice tone={result.success ? "good" : "bad"}>
        <p>
          <strong>{result.success ? t.works : t.fails}</strong>
          {response && ` ${t.answered(response.statusCode, number(Math.round(response.latencyMs)))}`}
        </p>
        {result.error && <p>{result.error}</p>}
      </Notice>
      <Expectations result={result} />
      {children}
      <Trace result={result} bare={bare} />
      {request && <Request sent={request} />}
      {response && <Answer response={response} />}
    </div>
  );
}

function Expectations({ result }: { result: TestResult }) {
  const t = useTexts().integrations;
  if (!result.expectations.length) return null;
  return (
    <ul className="plain-list" aria-label={t.expectations}>
      {result.expectations.map((one, at) => (
        <li key={at} className="row">
          <Badge state={one.ok ? "ok" : "failed"} /> <code>{one.name}</code>
          <span>{one.ok ? JSON.stringify(one.expected) : t.expectedGot(JSON.stringify(one.expected), JSON.stringify(one.actual))}</span>
        </li>
      ))}
    </ul>
  );
}

/** Why it went as it did: tries, waits, what was dropped and by which rule, where it stopped. */
function Trace({ result, bare }: Props) {
  const t = useTexts().integrations;
  const { tries = [], waited = 0, records, stop, finished, rule } = result.trace;
  const lines = [
    ...tries.map((one) => t.triedAgain(one.outcome, one.wait, one.reason)),
    ...(waited > 0 ? [t.waited(waited)] : []),
    ...(result.request?.auth ? [t.authApplied(result.request.auth)] : []),
    ...(records && !bare ? [t.recordsOf(records.in, records.mapped, records.failed)] : []),
    ...Object.entries(records?.dropped ?? {}).map(([by, count]) => t.dropped(count, by)),
    ...(stop && !bare ? [finished ? t.stopped(stop.rule, stop.detail) : t.goesOn] : []),
    ...(rule ? [t.brokenRule(rule)] : []),
  ];
  if (!lines.length) return null;
  return (
    <ul className="trace" aria-label={t.trace}>
      {lines.map((line, at) => (
        <li key={at}>{line}</li>
      ))}
    </ul>
  );
}

export function Request({ sent }: { sent: Sent }) {
  const t = useTexts().integrations;
  return (
    <details>
      <summary>
        {t.request} <code>{sent.method}</code> <code className="breaks">{sent.url}</code>
      </summary>
      <Headers headers={sent.headers} />
      {sent.body && <pre className="code block">{sent.body}</pre>}
    </details>
  );
}

function Answer({ response }: { response: Received }) {
  const t = useTexts().integrations;
  return (
    <details open>
      <summary>
        {t.response} <code>{response.statusCode}</code>
      </summary>
      <details className="inner">
        <summary>{t.headers}</summary>
        <Headers headers={response.headers} />
      </details>
      {typeof response.body === "string" ? (
        <pre className="code block">{response.body}</pre>
      ) : (
        <JsonView value={response.body} label={t.responseBody} />
      )}
    </details>
  );
}

const Headers = ({ headers }: { headers: Record<string, string> }) => (
  <dl className="headers">
    {Object.entries(headers).map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);
