/** The sample: fetched or written, pinned, and edited if one likes. */
import { useMemo, useState } from "react";
import { Button } from "../../kit/Button";
import { JsonView } from "../../kit/JsonView";
import { CodeEditor } from "../../kit/LazyEditor";
import { Notice } from "../../kit/Notice";
import { useTexts } from "../../texts";
import { dataOf, type Pin, type Pinned } from "./pins";
import { useWords } from "./words";

const EXAMPLE: Pin = { text: '{\n  "values": [1, 2, 3]\n}', at: null, edited: false, took: null };

export function DataPane({ pinned }: { pinned: Pinned }) {
  const t = useTexts().endpoints;
  const { pin, put, stays } = pinned;
  const [editing, setEditing] = useState(false);
  const found = useMemo(() => (pin ? dataOf(pin) : null), [pin]);
  const write = () => (put(EXAMPLE), setEditing(true));
  const open = editing || !!found?.error;
  return (
    <section className="ep-pane" aria-label={t.data}>
      <header className="row">
        <h2>{t.data}</h2>
        {pin && (
          <>
            <Button kind="quiet" onPress={() => setEditing(!open)} isDisabled={!!found?.error}>
              {open ? t.viewData : t.editData}
            </Button>
            <Button kind="quiet" onPress={() => (put(null), setEditing(false))}>
              {t.unpin}
            </Button>
          </>
        )}
      </header>
      {!pin && (
        <div className="empty">
          <p>{t.noData}</p>
          <Button onPress={write}>{t.writeData}</Button>
        </div>
      )}
      {pin && <From pin={pin} />}
      {found?.error && <Notice tone="bad">{t.badData(found.error)}</Notice>}
      {pin && !stays && <Notice tone="busy">{t.notKept}</Notice>}
      {pin && open && (
        <CodeEditor
          language="json"
          label={t.dataLabel}
          value={pin.text}
          onChange={(text) => put({ ...pin, text, edited: pin.at !== null })}
          minLines={12}
        />
      )}
      {pin && !open && <JsonView label={t.dataLabel} value={found!.value} />}
    </section>
  );
}

function From({ pin }: { pin: Pin }) {
  const t = useTexts().endpoints;
  const words = useWords();
  const from = pin.at ? t.fetchedAt(words.time(pin.at)) : t.written;
  return (
    <p className="quiet-text">
      {from} {pin.edited && t.edited}
    </p>
  );
}
