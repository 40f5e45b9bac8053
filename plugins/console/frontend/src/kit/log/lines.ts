/** The lines of a log as they come in. Nothing here draws. */
import { Watched } from "../../api/watched";
import { behind, PLAIN, tidied, type Style } from "./ansi";

/** Browsers draw no element higher than some 33 million pixels. */
export const MOST = 1_500_000;
/** Characters of a line that are kept; whoever downloads the log has all of them. */
export const LONGEST = 65_536;

export type LogState = "loading" | "live" | "lost" | "ended";

export class LogLines {
  readonly texts: string[] = [];
  /** How many there were, those included that are not kept. */
  total = 0;
  /** Grows with what is there, for whoever watches. */
  readonly changed = new Watched(0);
  private readonly begun = new Map<number, Style>();
  private style = PLAIN;

  get count(): number {
    return this.texts.length;
  }

  /** Whole lines, without their ends. */
  append(lines: readonly string[]): void {
    for (const line of lines) {
      this.total++;
      if (this.texts.length < MOST) this.keep(tidied(line.length > LONGEST ? `${line.slice(0, LONGEST)} [...]` : line));
    }
    if (lines.length) this.changed.set(this.total);
  }

  /** The style in which a line begins: colours go on over the ends of lines. */
  styleAt(line: number): Style {
    return this.begun.get(line) ?? PLAIN;
  }

  private keep(line: string): void {
    if (this.style !== PLAIN) this.begun.set(this.texts.length, this.style);
    this.style = behind(line, this.style);
    this.texts.push(line);
  }
}
