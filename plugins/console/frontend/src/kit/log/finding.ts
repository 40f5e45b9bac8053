/** Looking for words in a log: in slices, so that nothing waits for it, and on as the log grows. */
import { useEffect, useState } from "react";
import { useWatched, Watched } from "../../api/watched";
import { textOf } from "./ansi";
import type { LogLines } from "./lines";

const SLICE = 8; // milliseconds
const STEP = 512; // lines between two looks at the clock

export const patternOf = (words: string): RegExp | null =>
  words ? new RegExp(words.replaceAll(/[.*+?^${}()|[\]\\/-]/g, "\\$&"), "giu") : null;

class Finder {
  /** The lines that have the words, in order. */
  readonly found: number[] = [];
  readonly changed = new Watched(0);
  private next = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private unwatch: (() => void) | undefined;

  constructor(
    private readonly lines: LogLines,
    private readonly pattern: RegExp,
  ) {}

  get done(): boolean {
    return this.next >= this.lines.count;
  }

  start = (): (() => void) => {
    this.unwatch = this.lines.changed.watch(() => (this.timer ??= setTimeout(this.slice)));
    this.slice();
    return () => {
      clearTimeout(this.timer);
      this.unwatch?.();
    };
  };

  private slice = (): void => {
    const until = performance.now() + SLICE;
    do {
      for (const end = Math.min(this.next + STEP, this.lines.count); this.next < end; this.next++) this.look(this.next);
    } while (!this.done && performance.now() < until);
    this.timer = this.done ? undefined : setTimeout(this.slice);
    this.changed.set(this.changed.get() + 1);
  };

  private look(line: number): void {
    this.pattern.lastIndex = 0;
    if (this.pattern.test(textOf(this.lines.texts[line]!))) this.found.push(line);
  }
}

const NOTHING: readonly number[] = [];
const STILL = new Watched(0);

/** The numbers of the lines that have the words, and whether all lines were looked at. */
export function useFound(lines: LogLines, words: string): { found: readonly number[]; done: boolean } {
  const [finder, setFinder] = useState<Finder | null>(null);
  useEffect(() => {
    const pattern = patternOf(words);
    const made = pattern && new Finder(lines, pattern);
    setFinder(made);
    return made?.start();
  }, [lines, words]);
  useWatched(finder?.changed ?? STILL);
  return { found: finder?.found ?? NOTHING, done: finder?.done ?? true };
}

/** Where the line at `current` stands among those that were found, and the one before or behind it. */
export function following(found: readonly number[], current: number, step: 1 | -1): number | undefined {
  if (!found.length) return undefined;
  if (step > 0) return found.find((line) => line > current) ?? found[0];
  return found.findLast((line) => line < current) ?? found.at(-1);
}
