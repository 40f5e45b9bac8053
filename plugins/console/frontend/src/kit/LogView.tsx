/** The output of a program, however long: its colours, words to look for, its end while it grows. */
import { useCallback, useEffect, useRef, useState, type CSSProperties, type KeyboardEvent, type ReactNode } from "react";
import { useWatched } from "../api/watched";
import { useTexts } from "../texts";
import { Button } from "./Button";
import { Checkbox } from "./Fields";
import { textOf } from "./log/ansi";
import { FindBar } from "./log/FindBar";
import { following as next, useFound } from "./log/finding";
import { MOST, type LogLines, type LogState } from "./log/lines";
import { StraightRows, WrappedRows } from "./log/Rows";
import { useEnd } from "./log/useEnd";
import "./log/log.css";

export { LogLines, type LogState } from "./log/lines";

interface Props {
  label: string;
  lines: LogLines;
  state: LogState;
  /** Where all of it can be had as a file. */
  download?: string;
  /** What is said where nothing was written. */
  empty?: ReactNode;
}

const KEPT = "pegboard.log.wrap";

export function LogView({ label, lines, state, download, empty }: Props) {
  const t = useTexts();
  const count = useCount(lines);
  // a state and not a ref: the rows look at it before a ref to what is around them would be there
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null);
  const search = useRef<HTMLInputElement>(null);
  const [words, setWords] = useState("");
  const [goal, setGoal] = useState<{ line: number } | null>(null);
  const [wraps, setWraps] = useState(() => localStorage.getItem(KEPT) === "true");
  const { found, done } = useFound(lines, words);
  const end = useEnd(scroller, state === "live" || state === "loading");
  const { leave } = end;

  const go = useCallback(
    (step: 1 | -1) => {
      const line = next(found, goal?.line ?? -1, step);
      if (line === undefined) return;
      leave();
      setGoal({ line });
    },
    [found, goal, leave],
  );
  const look = (typed: string) => {
    setWords(typed);
    setGoal(null);
  };
  const press = (event: KeyboardEvent) => {
    // a second Control and F is the browser's own, for whoever wants that one
    if (event.key !== "f" || !(event.ctrlKey || event.metaKey) || event.target === search.current) return;
    event.preventDefault();
    search.current?.select();
  };
  const wrap = (on: boolean) => {
    localStorage.setItem(KEPT, String(on));
    setWraps(on);
  };
  const Rows = wraps ? WrappedRows : StraightRows;
  const style = { "--digits": Math.max(3, String(count).length), "--lines": Math.min(count, 1000) } as CSSProperties;
  return (
    <section className="log" aria-label={label} onKeyDown={press} style={style}>
      <div className="log-bar">
        <FindBar input={search} words={words} onWords={look} found={found} done={done} current={goal?.line} go={go} leave={() => scroller?.focus()} />
        <div className="log-does">
          <Checkbox label={t.log.wrap} value={wraps} onChange={wrap} />
          <Copy lines={lines} />
          {download && (
            <a className="button" href={download} download>
              {t.log.download}
            </a>
          )}
        </div>
      </div>
      <div ref={setScroller} className="log-lines" role="group" aria-label={t.log.linesOf(label)} tabIndex={0}>
        {count === 0 && <p className="log-nothing">{state === "loading" ? t.frame.loading : (empty ?? t.log.empty)}</p>}
        {count > 0 && scroller && <Rows lines={lines} scroller={scroller} words={words} goal={goal} following={end.following} />}
      </div>
      {!end.following && end.grows && (
        <Button kind="primary" className="log-end" onPress={end.back}>
          ↓ {t.log.toEnd}
        </Button>
      )}
      <footer className="log-foot">
        <span className={state} role="status">
          <span className="dot" aria-hidden="true" />
          {t.log.states[state]}
        </span>
        <span>{t.log.count(count)}</span>
        {count >= MOST && <span>{t.log.notAll(lines.total)}</span>}
      </footer>
    </section>
  );
}

const useCount = (lines: LogLines): number => (useWatched(lines.changed), lines.count);

function Copy({ lines }: { lines: LogLines }) {
  const t = useTexts().kit;
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    const timer = copied ? setTimeout(() => setCopied(false), 3_000) : undefined;
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () => void navigator.clipboard.writeText(lines.texts.map(textOf).join("\n")).then(() => setCopied(true));
  return <Button onPress={copy}>{copied ? t.copied : t.copy}</Button>;
}
