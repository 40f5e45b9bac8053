/** Sample data that stays: kept in this browser, for one endpoint and one person, until it is taken off or that one signs out. */
import { useCallback, useState } from "react";
import { session } from "../../api/session";

export interface Pin {
  /** JSON text, as somebody may have edited it. */
  text: string;
  /** When it was fetched; null for what was written by hand. */
  at: string | null;
  edited: boolean;
  /** Milliseconds that fetching took. */
  took: number | null;
}

const PREFIX = "pegboard.pin.";

function keyOf(id: string): string {
  const who = session.who.get();
  return `${PREFIX}${who?.tenant}.${who?.id}.${id}`;
}

function kept(id: string): Pin | null {
  const text = localStorage.getItem(keyOf(id));
  return text ? (JSON.parse(text) as Pin) : null;
}

/** False where the browser has no room for it. */
function keep(id: string, pin: Pin | null): boolean {
  try {
    if (pin) localStorage.setItem(keyOf(id), JSON.stringify(pin));
    else localStorage.removeItem(keyOf(id));
    return true;
  } catch {
    localStorage.removeItem(keyOf(id));
    return false;
  }
}

export interface Pinned {
  pin: Pin | null;
  /** It outlives a reload. */
  stays: boolean;
  put: (pin: Pin | null) => void;
}

export function usePin(id: string): Pinned {
  const [pin, setPin] = useState(() => kept(id));
  const [stays, setStays] = useState(true);
  const put = useCallback((next: Pin | null) => (setPin(next), setStays(keep(id, next))), [id]);
  return { pin, stays, put };
}

/** What was pinned before there was an id goes with the endpoint that was made. */
export function movePin(from: string, to: string): void {
  const pin = kept(from);
  if (pin) keep(to, pin);
  keep(from, null);
}

export const dropPin = (id: string): boolean => keep(id, null);

/** The data, or why it is none. */
export function dataOf(pin: Pin): { value: unknown; error: string } {
  try {
    return { value: JSON.parse(pin.text), error: "" };
  } catch (error) {
    return { value: undefined, error: (error as Error).message };
  }
}
