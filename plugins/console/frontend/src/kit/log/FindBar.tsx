import type { KeyboardEvent, RefObject } from "react";
import { useTexts } from "../../texts";
import { Button } from "../Button";

interface Props {
  input: RefObject<HTMLInputElement | null>;
  words: string;
  onWords: (words: string) => void;
  found: readonly number[];
  /** Whether all lines were looked at. */
  done: boolean;
  current: number | undefined;
  go: (step: 1 | -1) => void;
  leave: () => void;
}

/** Words to look for: Enter goes to the next line that has them, Shift and Enter to the one before, Escape back. */
export function FindBar({ input, words, onWords, found, done, current, go, leave }: Props) {
  const t = useTexts().log;
  const press = (event: KeyboardEvent) => {
    if (event.key === "Enter") go(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") words ? onWords("") : leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const at = current === undefined ? 0 : found.indexOf(current) + 1;
  return (
    <div className="log-find" role="search">
      <input ref={input} type="search" className="control" aria-label={t.find} placeholder={t.find} value={words} onChange={(event) => onWords(event.target.value)} onKeyDown={press} spellCheck={false} />
      {words && (
        <>
          <Button kind="quiet" className="icon" aria-label={t.before} isDisabled={!found.length} onPress={() => go(-1)}>
            ↑
          </Button>
          <Button kind="quiet" className="icon" aria-label={t.next} isDisabled={!found.length} onPress={() => go(1)}>
            ↓
          </Button>
        </>
      )}
      <span className="log-found" role="status">
        {words && (done || found.length ? t.found(at, found.length) : t.finding)}
      </span>
    </div>
  );
}
