import { usePanel } from "../../api/context";

/** How numbers and times are written. */
export function useWords() {
  const language = usePanel().language();
  const when = (at: string, options: Intl.DateTimeFormatOptions) => new Date(at).toLocaleString(language, options);
  return {
    number: (value: number) => value.toLocaleString(language),
    ms: (value: number) => `${value.toLocaleString(language, { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 })} ms`,
    time: (at: string) => when(at, { timeStyle: "medium" }),
    day: (at: string) => when(at, { dateStyle: "medium" }),
    both: (at: string) => when(at, { dateStyle: "short", timeStyle: "medium" }),
  };
}
