/** Answers of the API that mappings are made with: pinned until another one is asked for. */
import { useWatched, Watched } from "../../api/watched";
import type { Json } from "./model";

export interface Sample {
  body: Json;
  at: string;
  pasted?: boolean;
}

const KEPT = "pegboard.integrations.samples";
/** Characters of JSON that are kept in the browser's storage; larger ones last as long as the page. */
const MOST = 1_000_000;

function load(): Record<string, Sample> {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? "{}") as Record<string, Sample>;
  } catch {
    return {};
  }
}

const samples = new Watched<Record<string, Sample>>(load());

function write(next: Record<string, Sample>): void {
  samples.set(next);
  const text = JSON.stringify(next);
  if (text.length <= MOST) sessionStorage.setItem(KEPT, text);
}

/** The sample of an endpoint, and how it gets another. */
export function useSample(integration: string, endpoint: string): [Sample | undefined, (sample: Sample | undefined) => void] {
  const key = `${integration}/${endpoint}`;
  const all = useWatched(samples);
  const set = (sample: Sample | undefined) => {
    const { [key]: _, ...others } = samples.get();
    write(sample ? { ...others, [key]: sample } : others);
  };
  return [all[key], set];
}

/** A new integration was saved, and has another id now. */
export function renameSamples(from: string, to: string): void {
  const renamed = ([key, sample]: [string, Sample]) => [key.startsWith(`${from}/`) ? to + key.slice(from.length) : key, sample];
  write(Object.fromEntries(Object.entries(samples.get()).map(renamed)) as Record<string, Sample>);
}
