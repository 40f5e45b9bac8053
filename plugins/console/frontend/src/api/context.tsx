import { createContext, useContext } from "react";

/** What a module gets with its element. `path` is what follows the panel's own address, such as "/w_12/history?page=2". */
export interface PanelContext {
  /** The panel's name. */
  name: string;
  /** The path that the app is mounted at: put it before each path of the API. */
  root: string;
  /** `fetch` of a path of the API with the session's cookie and CSRF token; rejects with a problem unless it went well. */
  request: (path: string, init?: RequestInit) => Promise<Response>;
  path: () => string;
  watchPath: (watcher: () => void) => () => void;
  /** To a path within this panel, or with `panel` to one in another. */
  navigate: (path: string, options?: { panel?: string; replace?: boolean }) => void;
  /** The address of a path, for links. */
  href: (path: string, panel?: string) => string;
  /** Two letters. */
  language: () => string;
  /** Says something shortly, in a corner. */
  notify: (text: string, tone?: "good" | "bad" | "plain") => void;
  /** Says that the panel cannot go on: the page shows it in its place, and what one can do. */
  failed: (error: unknown) => void;
}

const Context = createContext<PanelContext | null>(null);
export const ContextProvider = Context.Provider;

export function usePanel(): PanelContext {
  const found = useContext(Context);
  if (!found) throw new Error("outside a panel");
  return found;
}
