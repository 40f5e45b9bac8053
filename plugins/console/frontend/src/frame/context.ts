/** What a module gets: the one contract, ours and everybody's. */
import { request, root } from "../api/client";
import type { PanelContext } from "../api/context";
import { notify } from "../kit/Toasts";
import { language } from "../texts";
import { addressOf, go, place, watchPlace } from "./location";

export function contextOf(panel: string, failed: (error: unknown) => void): PanelContext {
  let last = place().path;
  // a module that is about to be taken away keeps its own path: the next one's is none of its business
  const path = () => (place().panel === panel ? (last = place().path) : last);
  return {
    name: panel,
    root,
    request,
    path,
    watchPath: watchPlace,
    navigate: (to, options = {}) => go(options.panel ?? panel, to, options.replace),
    href: (to, other = panel) => addressOf(other, to),
    language: language.get,
    notify,
    failed,
  };
}
