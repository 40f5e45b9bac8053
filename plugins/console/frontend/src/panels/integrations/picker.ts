/** Which field takes the path of a value that is clicked, and which paths there are to complete. */
import { createContext, useContext, useSyncExternalStore } from "react";
import { Watched } from "../../api/watched";
import type { Json } from "./model";

export interface Focused {
  key: string;
  scope: "record" | "body";
  set: (path: string) => void;
}

interface Picking {
  /** Where somebody was last. */
  focused: Watched<Focused | null>;
  inRecord: { path: string; value: Json }[];
  inBody: { path: string; value: Json }[];
}

const Context = createContext<Picking>({ focused: new Watched<Focused | null>(null), inRecord: [], inBody: [] });
export const Picker = Context.Provider;
export const usePicker = (): Picking => useContext(Context);

/** Whether a field takes the next click: only those two that change are drawn anew. */
export const useIsFocused = (key: string): boolean => {
  const { focused } = usePicker();
  return useSyncExternalStore(focused.watch, () => focused.get()?.key === key);
};
