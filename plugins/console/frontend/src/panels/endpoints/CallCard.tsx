/** The line that calls it from a shell, and a button that calls it from here. */
import { useState } from "react";
import { root } from "../../api/client";
import { usePanel } from "../../api/context";
import { problemFrom } from "../../api/problem";
import { Button } from "../../kit/Button";
import { JsonView } from "../../kit/JsonView";
import { useTexts } from "../../texts";
import { Answered } from "./Answered";
import { addressOf, curlOf, takesBody } from "./curl";
import * as api from "./data";
import type { Editing } from "./editing";
import type { Widget } from "./model";
import type { Sampled } from "./sample";
import { useWords } from "./words";

interface Props {
  editing: Editing;
  sampled: Sampled;
}

export function CallCard({ editing, sampled }: Props) {
  const t = useTexts().endpoints;
  const { saved, isDraft } = editing;
  return (
    <section className="card stack" aria-label={t.call}>
      <h2>{t.call}</h2>
      {saved ? <Calling widget={saved} sampled={sampled} /> : <p className="quiet-text">{t.callFirst}</p>}
      {saved && isDraft && <p className="quiet-text">{t.callOld}</p>}
    </section>
  );
}

function Calling({ widget, sampled: { sample } }: { widget: Widget; sampled: Sampled }) {
  const t = useTexts().endpoints;
  const panel = usePanel();
  const [answer, setAnswer] = useState<api.Answer | null>(null);
  const [busy, setBusy] = useState(false);
  const own = addressOf(widget.path ?? widget.execute_url, sample.path, sample.query);
  const method = widget.path ? sample.method : "GET";
  const line = curlOf(location.origin + root + own, method, widget.public, sample.body);
  const missing = widget.path ? Object.keys(sample.path).filter((name) => !sample.path[name]) : [];
  const call = async () => {
    setBusy(true);
    try {
      setAnswer(await api.call(own, method, takesBody(method) && sample.body ? sample.body : undefined));
      void api.called(widget.id);
    } catch (error) {
      panel.notify(problemFrom(error).detail, "bad");
    }
    setBusy(false);
  };
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(line);
      panel.notify(t.copied, "good");
    } catch {
      panel.notify(t.notCopied, "bad"); // browsers let only pages of https and of this machine do it
    }
  };
  return (
    <>
      <pre className="ep-curl" tabIndex={0} role="region" aria-label={t.curl}>
        {line}
      </pre>
      {!widget.public && <p className="quiet-text">{t.keyHelp}</p>}
      {missing.length > 0 && <p className="quiet-text">{t.fillIn(missing.map((name) => `{${name}}`).join(", "))}</p>}
      <div className="row">
        <Button onPress={() => void copy()}>{t.copy}</Button>
        <Button onPress={() => void call()} isDisabled={busy || missing.length > 0}>
          {busy ? t.calling : t.callNow}
        </Button>
      </div>
      {answer && <Answer answer={answer} />}
    </>
  );
}

function Answer({ answer }: { answer: api.Answer }) {
  const t = useTexts().endpoints;
  const words = useWords();
  return (
    <div className="stack" role="status">
      <p className="row">
        <Answered status={answer.status} failed={answer.status >= 400} />
        <span>{t.answered(words.ms(answer.took))}</span>
        {answer.cache && <span className="quiet-text">{`${t.cache}: ${answer.cache}`}</span>}
        {answer.isolation && <span className="quiet-text">{`${t.isolation}: ${answer.isolation}`}</span>}
      </p>
      <JsonView label={t.answer} value={answer.body} />
    </div>
  );
}
