import { usePanel } from "../../api/context";

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** How times, lengths of time and sizes are written. */
export function useWords() {
  const language = usePanel().language();
  const number = (value: number, digits = 0) => value.toLocaleString(language, { maximumFractionDigits: digits });
  return {
    number,
    time: (at: string | null | undefined) => (at ? timeOf(new Date(at), language) : "–"),
    exact: (at: string) => new Date(at).toLocaleString(language, { dateStyle: "full", timeStyle: "long" }),
    took: (seconds: number | null) => (seconds === null ? "–" : tookOf(seconds, number)),
    bytes: (size: number) => {
      const at = size < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(size) / 3));
      return `${number(size / 1000 ** at, at ? 1 : 0)} ${UNITS[at]}`;
    },
  };
}

/** Today it is the hour; before, the day too; the year only where it is another than this one. */
function timeOf(at: Date, language: string): string {
  const now = new Date();
  if (at.toDateString() === now.toDateString()) return at.toLocaleTimeString(language);
  const year = at.getFullYear() === now.getFullYear() ? undefined : "numeric";
  return at.toLocaleString(language, { day: "numeric", month: "short", year, hour: "2-digit", minute: "2-digit" });
}

function tookOf(seconds: number, number: (value: number, digits?: number) => string): string {
  if (seconds < 60) return `${number(seconds, seconds < 10 ? 1 : 0)} s`;
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const parts = hours ? [`${number(hours)} h`, minutes && `${minutes} min`] : [`${minutes} min`, whole % 60 && `${whole % 60} s`];
  return parts.filter(Boolean).join(" ");
}
