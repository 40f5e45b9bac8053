/** Minutes as what a plot draws: with a gap wherever a minute had no call. */
import type { Series } from "../../kit/Plot";
import type { Texts } from "../../texts";
import type { Minute } from "./data";

const MINUTE = 60;

export function drawn(minutes: readonly Minute[], t: Texts["endpoints"]): { x: number[]; latency: Series[]; volume: Series[] } {
  const x: number[] = [];
  const rows: (Minute | null)[] = [];
  for (const minute of minutes) {
    const at = Date.parse(minute.minute) / 1000;
    const before = x.at(-1);
    if (before !== undefined && at - before > MINUTE) (x.push(before + MINUTE), rows.push(null));
    x.push(at);
    rows.push(minute);
  }
  const values = (value: (minute: Minute) => number) => rows.map((row) => (row ? value(row) : null));
  return {
    x,
    latency: [
      { label: t.upstream, tone: "busy", values: values((row) => row.upstream) },
      { label: t.queue, tone: "quiet", values: values((row) => row.queue) },
      { label: t.runTime, tone: "accent", values: values((row) => row.run) },
      { label: t.slowest, tone: "bad", values: values((row) => row.slowest) },
    ],
    volume: [
      { label: t.allCalls, tone: "accent", values: values((row) => row.calls) },
      { label: t.failedCalls, tone: "bad", values: values((row) => row.failed) },
    ],
  };
}
