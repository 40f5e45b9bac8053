/** The lines that are in sight, and no others, however many there are. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useState } from "react";
import { useWatched } from "../../api/watched";
import type { LogLines } from "./lines";
import { Row } from "./Row";

const HEIGHT = 20; // pixels, as log.css has it
const BEYOND = 15; // lines above and below those in sight
const WIDTH = 80;

export interface RowsProps {
  lines: LogLines;
  scroller: HTMLDivElement;
  words: string;
  /** The line that is to be in sight; a new object each time somebody wants to go there. */
  goal: { line: number } | null;
  following: boolean;
}

/** Lines of one height each: where one is can be calculated, and nothing of it grows with the log. */
export function StraightRows(props: RowsProps) {
  const { lines, scroller, goal } = props;
  useWatched(lines.changed);
  const [start, end] = useSight(scroller);
  useGoal(goal, (line) => {
    const top = line * HEIGHT;
    const inSight = top >= scroller.scrollTop && top + HEIGHT <= scroller.scrollTop + scroller.clientHeight;
    if (!inSight) scroller.scrollTop = top - scroller.clientHeight / 2;
  });
  useFollowing(props);
  const from = Math.max(0, Math.min(start, lines.count) - BEYOND);
  const to = Math.min(lines.count, end + BEYOND);
  return (
    <div className="log-sheet" style={{ height: lines.count * HEIGHT }}>
      <div style={{ transform: `translateY(${from * HEIGHT}px)` }}>
        <Drawn {...props} numbers={Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at)} />
      </div>
    </div>
  );
}

/** The first and the last line in sight. */
function useSight(scroller: HTMLDivElement): [number, number] {
  const [sight, setSight] = useState<[number, number]>([0, 0]);
  useLayoutEffect(() => {
    const look = () => {
      const start = Math.floor(scroller.scrollTop / HEIGHT);
      const end = start + Math.ceil(scroller.clientHeight / HEIGHT) + 1;
      setSight((before) => (before[0] === start && before[1] === end ? before : [start, end]));
    };
    const watcher = new ResizeObserver(look);
    watcher.observe(scroller);
    scroller.addEventListener("scroll", look, { passive: true });
    look();
    return () => {
      watcher.disconnect();
      scroller.removeEventListener("scroll", look);
    };
  }, [scroller]);
  return sight;
}

/** Lines that go on below themselves where they are wider than the log: their heights are measured. */
export function WrappedRows(props: RowsProps) {
  const { lines, scroller, goal } = props;
  useWatched(lines.changed);
  const rolled = useVirtualizer({
    count: lines.count,
    getScrollElement: () => scroller,
    estimateSize: (at) => HEIGHT * Math.max(1, Math.ceil(lines.texts[at]!.length / WIDTH)),
    overscan: BEYOND,
  });
  useGoal(goal, (line) => rolled.scrollToIndex(line, { align: "center" }));
  useFollowing(props);
  return (
    <div className="log-sheet wrapped" style={{ height: rolled.getTotalSize() }}>
      {rolled.getVirtualItems().map(({ key, index, start }) => (
        <div key={key} ref={rolled.measureElement} data-index={index} className="log-place" style={{ transform: `translateY(${start}px)` }}>
          <Drawn {...props} numbers={[index]} />
        </div>
      ))}
    </div>
  );
}

/** Which lines somebody opened whole is remembered here, beside where they are drawn. */
function Drawn({ lines, words, goal, numbers }: RowsProps & { numbers: readonly number[] }) {
  const [whole, setWhole] = useState<ReadonlySet<number>>(new Set());
  const [open] = useState(() => (line: number) => setWhole((before) => new Set(before).add(line)));
  return numbers.map((number) => (
    <Row
      key={number}
      number={number}
      line={lines.texts[number]!}
      style={lines.styleAt(number)}
      words={words}
      current={goal?.line === number}
      whole={whole.has(number)}
      onWhole={open}
    />
  ));
}

function useGoal(goal: RowsProps["goal"], go: (line: number) => void): void {
  useEffect(() => {
    if (goal) go(goal.line);
    // only somebody's wish moves the log, and not that it is drawn anew
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [goal]);
}

/** At the end, after whatever was drawn: lines came, or were measured. */
function useFollowing({ following, scroller }: RowsProps): void {
  useLayoutEffect(() => {
    if (following) scroller.scrollTop = scroller.scrollHeight;
  });
}
