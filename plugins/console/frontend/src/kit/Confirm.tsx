/** `const confirm = useConfirm(); if (await confirm({title, text, action, danger})) …` */
import { useEffect, useRef } from "react";
import { Watched, useWatched } from "../api/watched";
import { useTexts } from "../texts";
import { Button } from "./Button";
import { Dialog } from "./Dialog";

export interface Question {
  title: string;
  text?: string;
  /** What the button says that goes ahead. */
  action: string;
  danger?: boolean;
}

interface Pending extends Question {
  answer: (yes: boolean) => void;
}

const pending = new Watched<Pending | null>(null);

function ask(question: Question): Promise<boolean> {
  pending.get()?.answer(false);
  return new Promise((resolve) => {
    const answer = (yes: boolean) => {
      pending.set(null);
      resolve(yes);
    };
    pending.set({ ...question, answer });
  });
}

export const useConfirm = () => ask;

/** Where questions are shown: once, in the frame. */
export function Confirmations() {
  const t = useTexts().kit;
  const asked = useWatched(pending);
  const last = useRef(asked);
  useEffect(() => {
    if (asked) last.current = asked;
  }, [asked]);
  const shown = asked ?? last.current;
  return (
    <Dialog role="alertdialog" title={shown?.title ?? ""} open={!!asked} onClose={() => asked?.answer(false)}>
      {shown?.text && <p>{shown.text}</p>}
      <div className="row end">
        <Button autoFocus onPress={() => asked?.answer(false)}>
          {t.cancel}
        </Button>
        <Button kind={shown?.danger ? "danger" : "primary"} onPress={() => asked?.answer(true)}>
          {shown?.action}
        </Button>
      </div>
    </Dialog>
  );
}
