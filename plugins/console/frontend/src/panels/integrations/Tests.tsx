import { useState } from "react";
import { Badge } from "../../kit/Badge";
import { Button } from "../../kit/Button";
import { useConfirm } from "../../kit/Confirm";
import { Failure } from "../../kit/Notice";
import { useTexts } from "../../texts";
import { useBuilder } from "./draft";
import * as api from "./data";
import { EndpointList, useChosen } from "./Endpoints";
import { Expected } from "./Expected";
import type { Endpoint } from "./model";
import { TestInputs, testOf } from "./TestInputs";
import { TestView } from "./TestView";
import { MappedView } from "./MappedView";
import { useTry } from "./useTry";

/** Each endpoint with what is expected of it; all at once, or one of them page by page. */
export function Tests() {
  const t = useTexts().integrations;
  const [at, endpoint] = useChosen();
  if (!endpoint) return <p className="card quiet-text">{t.noEndpoints}</p>;
  return (
    <div className="stack">
      <All />
      <div className="with-list">
        <EndpointList step="tests" />
        <One key={at} at={at} endpoint={endpoint} />
      </div>
    </div>
  );
}

const READS = ["GET", "HEAD"];

function All() {
  const t = useTexts().integrations;
  const { draft, draftOf } = useBuilder();
  const confirm = useConfirm();
  const [running, setRunning] = useState(false);
  const [results, setResults] = useState<{ name: string; ok: boolean; why: string }[]>([]);
  const changing = (draft.endpoints ?? []).filter((one) => !READS.includes(one.method ?? (one.graphql ? "POST" : "GET")));
  const run = async () => {
    const names = changing.map((one) => one.name || one.id).join(", ");
    if (names && !(await confirm({ title: t.runAll, text: t.changesThere(names), action: t.runAll, danger: true }))) return;
    setRunning(true);
    setResults([]);
    for (const endpoint of draft.endpoints ?? []) {
      const name = endpoint.name || endpoint.id;
      const told = await api.test(draftOf, endpoint.id, testOf(endpoint)).then(
        ({ result }) => ({ name, ok: result.success, why: result.error ?? "" }),
        (error: Error) => ({ name, ok: false, why: error.message }),
      );
      setResults((before) => [...before, told]);
    }
    setRunning(false);
  };
  return (
    <section className="card stack" aria-label={t.allTests}>
      <div className="row">
        <Button onPress={() => void run()} isDisabled={running}>
          {running ? t.testing : t.runAll}
        </Button>
        {results.length > 0 && <span role="status">{t.passed(results.filter((one) => one.ok).length, results.length)}</span>}
      </div>
      {results.length > 0 && (
        <ul className="plain-list">
          {results.map((one) => (
            <li key={one.name} className="row">
              <Badge state={one.ok ? "ok" : "failed"} /> <strong>{one.name}</strong> <span>{one.why}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function One({ at, endpoint }: { at: number; endpoint: Endpoint }) {
  const t = useTexts().integrations;
  const tried = useTry(endpoint.id);
  const [shown, setShown] = useState<number | null>(null);
  const config = testOf(endpoint);
  const page = shown ?? tried.pages.length - 1;
  const result = tried.pages[page];
  const first = () => (setShown(null), void tried.first(config));
  const next = () => (setShown(null), void tried.next(config));
  return (
    <div className="stack">
      <section className="card stack" aria-label={t.given}>
        <h2>{t.given}</h2>
        <TestInputs at={at} endpoint={endpoint} />
        <Expected at={at} endpoint={endpoint} />
        <div className="row">
          <Button kind="primary" isDisabled={tried.running} onPress={first}>
            {tried.running ? t.testing : t.runTest}
          </Button>
          <Button isDisabled={tried.running || !tried.after} onPress={next}>
            {t.nextPage}
          </Button>
        </div>
      </section>
      {tried.problem && <Failure error={tried.problem} />}
      {result && (
        <section className="card stack" aria-label={t.result}>
          {tried.pages.length > 1 && (
            <div className="row" role="group" aria-label={t.pages}>
              {tried.pages.map((one, index) => (
                <Button key={index} kind={index === page ? "primary" : "plain"} onPress={() => setShown(index)}>
                  {t.page(index + 1)} {one.success ? "" : "✕"}
                </Button>
              ))}
            </div>
          )}
          <TestView result={result}>
            <MappedView result={result} />
          </TestView>
          {!tried.after && <p className="quiet-text">{t.lastPage}</p>}
        </section>
      )}
    </div>
  );
}
