/** The address within the page: `#/jobs/job_12?tab=log` is the panel `jobs` at `/job_12?tab=log`. */
import { Watched, useWatched } from "../api/watched";

const read = (): string => location.hash.replace(/^#\/?/, "/");
const current = new Watched(read());
addEventListener("hashchange", () => current.set(read()));

export interface Place {
  /** Empty for the overview. */
  panel: string;
  path: string;
}

export function placeOf(address: string): Place {
  const [, panel = "", path = ""] = /^\/([^/?]*)(.*)$/.exec(address) ?? [];
  return { panel: decodeURIComponent(panel), path };
}

export const place = (): Place => placeOf(current.get());
export const usePlace = (): Place => placeOf(useWatched(current));
export const watchPlace = current.watch;

export const addressOf = (panel: string, path = ""): string => `#/${encodeURIComponent(panel)}${path}`;

export function go(panel: string, path = "", replace = false): void {
  const address = addressOf(panel, path);
  if (!replace) location.hash = address;
  else {
    history.replaceState(null, "", address);
    current.set(read());
  }
}
