import { usePanel } from "../../api/context";

/** How numbers and times are written. */
export function useWords() {
  const language = usePanel().language();
  const when = (at: string, options: Intl.DateTimeFormatOptions): string => {
    const time = new Date(at);
    return Number.isNaN(time.getTime()) ? at : time.toLocaleString(language, options);
  };
  return {
    number: (value: number) => value.toLocaleString(language, { maximumFractionDigits: 10 }),
    time: (at: string) => when(at, { dateStyle: "medium", timeStyle: "short" }),
    exact: (at: string) => when(at, { dateStyle: "medium", timeStyle: "long" }),
  };
}
