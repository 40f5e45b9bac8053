import { memo, useMemo, useState } from "react";
import { problemFrom } from "../../api/problem";
import { Button } from "../../kit/Button";
import { Dialog } from "../../kit/Dialog";
import { TextField } from "../../kit/Fields";
import { JsonView } from "../../kit/JsonView";
import { Failure, Notice } from "../../kit/Notice";
import { useTexts } from "../../texts";
import { useBuilder } from "./draft";
import * as api from "./data";
import type { Endpoint, Json, ResponseMapping } from "./model";
import { read, recordsAt } from "./paths";
import { pointerOf } from "./places";
import { useWords } from "./route";
import { useSample } from "./sample";
import { asksForNothing, TestInputs, testOf } from "./TestInputs";

interface Props {
  at: number;
  endpoint: Endpoint;
  mapping: ResponseMapping;
  onPick: (pointer: string, value: Json) => void;
}

/** Large answers are not drawn anew at each key that is pressed beside them. */
const Tree = memo(JsonView);

/** A real answer: asked for with a click, or pasted; a click on a value maps it. */
export function SamplePane({ at, endpoint, mapping, onPick }: Props) {
  const t = useTexts().integrations;
  const { id, draftOf } = useBuilder();
  const { time } = useWords();
  const [sample, setSample] = useSample(id, endpoint.id);
  const [state, setState] = useState<{ running?: boolean; error?: unknown; failed?: string }>({});
  const [pasting, setPasting] = useState(false);
  const places = sample ? picked(sample.body, mapping).join("\n") : "";
  const used = useMemo(() => (places ? places.split("\n") : []), [places]);
  const fetch = async () => {
    setState({ running: true });
    try {
      const { result } = await api.test(draftOf, endpoint.id, testOf(endpoint));
      const body = result.response?.body;
      if (result.response && typeof body === "object") setSample({ body, at: new Date().toISOString() });
      setState({ failed: result.response && typeof body === "object" ? undefined : (result.error ?? t.noJson) });
    } catch (error) {
      setState({ error: problemFrom(error) });
    }
  };
  return (
    <section className="card stack" aria-label={t.sample}>
      <h2>{t.sample}</h2>
      {!asksForNothing(endpoint) && (
        <details open={!sample || undefined}>
          <summary>{t.values}</summary>
          <TestInputs at={at} endpoint={endpoint} />
        </details>
      )}
      <div className="row">
        <Button kind={sample ? "plain" : "primary"} onPress={() => void fetch()} isDisabled={state.running}>
          {state.running ? t.testing : sample ? t.sampleAgain : t.getSample}
        </Button>
        <Button kind="quiet" onPress={() => setPasting(true)}>
          {t.paste}
        </Button>
      </div>
      {!!state.error && <Failure error={state.error} />}
      {state.failed && <Notice tone="bad">{state.failed}</Notice>}
      {sample ? (
        <>
          <p className="quiet-text">
            {sample.pasted ? t.pastedAt(time(sample.at)) : t.sampledAt(time(sample.at))} {t.clickHelp}
          </p>
          <Tree value={sample.body} label={t.sample} onPick={onPick} picked={used} />
        </>
      ) : (
        <p className="quiet-text">{t.noSample}</p>
      )}
      {pasting && <Paste onClose={() => setPasting(false)} onPaste={(body) => setSample({ body, at: new Date().toISOString(), pasted: true })} />}
    </section>
  );
}

/** The values of the first record that fields are made of. */
function picked(body: Json, mapping: ResponseMapping): string[] {
  const base = read(mapping.dataPath || "$") ?? [];
  const records = recordsAt(body, mapping.dataPath || "$");
  const list = Array.isArray(base.reduce<Json>((at, step) => (at as Record<string, Json> | undefined)?.[step as string], body));
  const before = records && list ? [...base, 0] : base;
  const sources = (mapping.fieldMappings ?? []).map((one) => read(one.source ?? "$")).filter((one) => one !== undefined);
  return sources.map((steps) => pointerOf([...before, ...steps]));
}

function Paste({ onClose, onPaste }: { onClose: () => void; onPaste: (body: Json) => void }) {
  const t = useTexts();
  const [text, setText] = useState("");
  const [error, setError] = useState("");
  const use = () => {
    try {
      onPaste(JSON.parse(text));
      onClose();
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    }
  };
  return (
    <Dialog title={t.integrations.paste} open onClose={onClose}>
      <div className="stack">
        <TextField label={t.integrations.pasteJson} lines={12} code value={text} onChange={setText} error={error} autoFocus />
        <div className="row">
          <Button kind="primary" onPress={use}>
            {t.integrations.useSample}
          </Button>
          <Button onPress={onClose}>{t.kit.cancel}</Button>
        </div>
      </div>
    </Dialog>
  );
}
