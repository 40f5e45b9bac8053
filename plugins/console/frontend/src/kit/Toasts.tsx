/** Short words in a corner: `notify("Saved", "good")`. What went wrong stays until somebody takes it away. */
import { useEffect } from "react";
import { Watched, useWatched } from "../api/watched";
import { useTexts } from "../texts";
import { Button } from "./Button";

export type Tone = "good" | "bad" | "plain";
interface Toast {
  id: number;
  text: string;
  tone: Tone;
}

const LASTS = 6_000;
const toasts = new Watched<readonly Toast[]>([]);
let next = 0;

export function notify(text: string, tone: Tone = "plain"): void {
  toasts.set([...toasts.get().filter((one) => one.text !== text).slice(-3), { id: next++, text, tone }]);
}

const drop = (id: number) => toasts.set(toasts.get().filter((one) => one.id !== id));

function Shown({ toast }: { toast: Toast }) {
  const t = useTexts().kit;
  useEffect(() => {
    if (toast.tone === "bad") return;
    const timer = setTimeout(() => drop(toast.id), LASTS);
    return () => clearTimeout(timer);
  }, [toast]);
  return (
    <div className={`toast ${toast.tone}`}>
      <span>{toast.text}</span>
      <Button kind="quiet" className="icon" aria-label={t.close} onPress={() => drop(toast.id)}>
        <span aria-hidden="true">✕</span>
      </Button>
    </div>
  );
}

export function Toasts() {
  const t = useTexts().kit;
  return (
    <div className="toasts" role="log" aria-label={t.messages} aria-live="polite">
      {useWatched(toasts).map((toast) => (
        <Shown key={toast.id} toast={toast} />
      ))}
    </div>
  );
}
