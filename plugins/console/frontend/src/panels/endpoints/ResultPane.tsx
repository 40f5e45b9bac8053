/** What the code makes of the data, as one types: the result, what it printed, how long it took, how it was held. */
import { Button } from "../../kit/Button";
import { Checkbox } from "../../kit/Fields";
import { JsonView } from "../../kit/JsonView";
import { Notice } from "../../kit/Notice";
import { useTexts } from "../../texts";
import type { Problem } from "../../api/problem";
import type { Preview } from "./data";
import { RequestForm } from "./RequestForm";
import type { Sampled } from "./sample";
import type { Tried } from "./trying";
import { useWords } from "./words";

interface Props {
  tried: Tried;
  live: boolean;
  setLive: (on: boolean) => void;
  /** There is data to run with. */
  ready: boolean;
  upstream: number | null;
  jump: (line: number) => void;
  sampled: Sampled;
}

export function ResultPane({ tried, live, setLive, ready, upstream, jump, sampled }: Props) {
  const t = useTexts().endpoints;
  const { result, problem, running, old } = tried;
  return (
    <section className="ep-pane" aria-label={t.result} aria-busy={running}>
      <header className="row">
        <h2>
          {t.result} {old && (result || problem) && !running && <span className="quiet-text ep-aside">{t.old}</span>}
        </h2>
        <Checkbox label={t.live} value={live} onChange={setLive} />
        <Button onPress={tried.run} isDisabled={!ready || running}>
          {running ? t.running : t.run}
        </Button>
      </header>
      <div className="stack">
        {!result && !problem && <div className="empty">{t.noResult}</div>}
        {problem && <Stopped problem={problem} jump={jump} />}
        {result && <JsonView label={t.result} value={result.result} />}
        {result && <Printed stdout={result.stdout} stderr={result.stderr} />}
        {result && <Figures result={result} upstream={upstream} />}
      </div>
      <RequestForm sampled={sampled} />
    </section>
  );
}

function Stopped({ problem, jump }: { problem: Problem; jump: (line: number) => void }) {
  const t = useTexts().endpoints;
  const { line, error_type: type, stdout, stderr } = problem.extra;
  return (
    <>
      <Notice tone="bad">
        <p>
          {typeof type === "string" && <strong>{type}: </strong>}
          {problem.detail}
        </p>
        {typeof line === "number" && (
          <button type="button" className="link-button" onClick={() => jump(line)}>
            {t.failedAt(line)}
          </button>
        )}
      </Notice>
      <Printed stdout={String(stdout ?? "")} stderr={String(stderr ?? "")} />
    </>
  );
}

function Printed({ stdout, stderr }: { stdout: string; stderr: string }) {
  const t = useTexts().endpoints;
  const parts = [
    { title: t.output, text: stdout },
    { title: t.errors, text: stderr },
  ];
  return parts
    .filter((part) => part.text)
    .map((part) => (
      <div key={part.title}>
        <h3>{part.title}</h3>
        <pre className="ep-printed" tabIndex={0} aria-label={part.title} role="region">
          {part.text}
        </pre>
      </div>
    ));
}

function Figures({ result, upstream }: { result: Preview; upstream: number | null }) {
  const t = useTexts().endpoints;
  const words = useWords();
  const level = t.levels[result.isolation];
  const figures = [
    { name: t.upstream, text: upstream === null ? "–" : words.ms(upstream) },
    { name: t.queue, text: words.ms(result.timings.queue) },
    { name: t.runTime, text: words.ms(result.timings.sandbox) },
    { name: t.isolation, text: level ? `${result.isolation} (${level})` : result.isolation },
  ];
  return (
    <dl className="ep-figures">
      {figures.map(({ name, text }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}
