import type { LogState } from "../../kit/log/lines";

export const log = {
  find: "Find in the output",
  before: "The line before that has it",
  next: "The next line that has it",
  finding: "Looking…",
  found: (at: number, all: number) => (all === 0 ? "not there" : at ? `${at} of ${all} lines` : all === 1 ? "1 line" : `${all} lines`),
  wrap: "Wrap lines",
  download: "Download",
  toEnd: "To the end",
  linesOf: (label: string) => `${label}: lines`,
  empty: "Nothing was written.",
  showAll: (length: number) => `… show all ${length} characters`,
  count: (count: number) => (count === 1 ? "1 line" : `${count.toLocaleString("en")} lines`),
  notAll: (all: number) => `The first of ${all.toLocaleString("en")}: download it for the rest.`,
  states: { loading: "Reading…", live: "Live", lost: "The connection is lost: it goes on when that is back", ended: "Complete" } as Record<LogState, string>,
};
