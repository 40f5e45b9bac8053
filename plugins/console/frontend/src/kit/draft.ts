/** What somebody typed and has not saved: it outlives a reload, a lost connection and an ended session. Never secrets. */
import { useCallback, useEffect, useState } from "react";

const PREFIX = "pegboard.draft.";

function kept<T>(key: string): T | undefined {
  const text = sessionStorage.getItem(PREFIX + key);
  return text === null ? undefined : (JSON.parse(text) as T);
}

/** State that is kept under `key` until `forget` is called. `initial` is what there is without a draft. */
export function useDraft<T>(key: string, initial: T): [T, (value: T) => void, { isDraft: boolean; forget: () => void }] {
  const [value, setValue] = useState<T>(() => kept<T>(key) ?? initial);
  const [isDraft, setIsDraft] = useState(() => kept<T>(key) !== undefined);
  useEffect(() => {
    if (isDraft) sessionStorage.setItem(PREFIX + key, JSON.stringify(value));
  }, [key, value, isDraft]);
  const change = useCallback((next: T) => (setValue(next), setIsDraft(true)), []);
  const forget = useCallback(() => (sessionStorage.removeItem(PREFIX + key), setIsDraft(false)), [key]);
  return [value, change, { isDraft, forget }];
}

/** Whether somebody has a draft under `key`. */
export const isKept = (key: string): boolean => kept(key) !== undefined;

/** A draft that is begun from elsewhere, for the page that opens with `useDraft(key, …)` next. */
export const keepDraft = <T>(key: string, value: T): void => sessionStorage.setItem(PREFIX + key, JSON.stringify(value));
