/** Where one works: the data that comes in, the code, and what it makes of them. */
import { useMemo, useState } from "react";
import { CodePane } from "./CodePane";
import { DataPane } from "./DataPane";
import type { Editing } from "./editing";
import { dataOf, usePin } from "./pins";
import { ResultPane } from "./ResultPane";
import type { Sampled } from "./sample";
import { SourceCard } from "./SourceCard";
import { useFetching } from "./fetching";
import { marksOf, useTrying } from "./trying";

const LIVE = "pegboard.endpoints.live";

interface Props {
  editing: Editing;
  sampled: Sampled;
}

export function Bench({ editing, sampled }: Props) {
  const { id, draft, problem } = editing;
  const pinned = usePin(id);
  const fetching = useFetching(editing, pinned.put);
  const [live, setLive] = useState(() => localStorage.getItem(LIVE) !== "no");
  const [goTo, setGoTo] = useState<{ line: number; column: number; at: number } | null>(null);
  const data = useMemo(() => {
    const found = pinned.pin && dataOf(pinned.pin);
    return found && !found.error ? { value: found.value } : null;
  }, [pinned.pin]);
  const tried = useTrying({ logic: draft.logic, sandbox: draft.sandbox, data, sample: sampled.sample, live });
  const marks = useMemo(() => marksOf(tried), [tried.violations, tried.problem]); // eslint-disable-line react-hooks/exhaustive-deps
  const jump = (line: number, column = 1) => setGoTo({ line, column, at: Date.now() });
  const choose = (on: boolean) => (setLive(on), localStorage.setItem(LIVE, on ? "yes" : "no"));
  return (
    <>
      <SourceCard editing={editing} fetching={fetching} />
      <div className="ep-bench">
        <DataPane pinned={pinned} />
        <CodePane editing={editing} tried={tried} marks={marks} goTo={goTo} jump={jump} refused={problem?.at("/endpoint_data/logic")} />
        <ResultPane tried={tried} live={live} setLive={choose} ready={data !== null} upstream={pinned.pin?.took ?? null} jump={jump} sampled={sampled} />
      </div>
    </>
  );
}
