/** One endpoint while it is edited: the draft, what it began with, and what saving it came to. */
import { useState } from "react";
import { Problem, problemFrom } from "../../api/problem";
import { useDraft } from "../../kit/draft";
import * as api from "./data";
import { bodyOf, differing, type Draft, draftOf, fresh, keepable, patchOf, type Widget } from "./model";
import { movePin } from "./pins";

interface Kept {
  draft: Draft;
  base: Draft;
  /** The revision that `base` is. */
  revision: number;
}

/** Drafts with their credentials, for as long as the page lives: nothing of these is stored. */
const memory = new Map<string, Draft>();

export interface Editing {
  id: string;
  saved: Widget | null;
  draft: Draft;
  base: Draft;
  isDraft: boolean;
  saving: boolean;
  /** Why it was not saved. */
  problem: Problem | null;
  /** What somebody else saved since the draft began. */
  theirs: Widget | null;
  set: (part: Partial<Draft>) => void;
  /** The saved endpoint, or null where `problem` or `theirs` says why not. */
  save: () => Promise<Widget | null>;
  /** Writes the draft's changes over what somebody else saved. */
  overwrite: (theirs: Widget) => Promise<Widget | null>;
  discard: () => void;
  wrong: (pointer: string) => string | undefined;
}

export function useEditing(id: string, saved: Widget | null): Editing {
  const start = saved ? draftOf(saved) : fresh();
  const [kept, keep, { isDraft, forget }] = useDraft<Kept>(`endpoint.${id}`, { draft: start, base: start, revision: saved?.revision ?? 0 });
  const [typed, setTyped] = useState(() => memory.get(id));
  const [saving, setSaving] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const { base, revision } = isDraft ? kept : { base: start, revision: saved?.revision ?? 0 };
  const draft = isDraft ? (typed ?? kept.draft) : start;

  const discard = () => (memory.delete(id), setTyped(undefined), setProblem(null), forget());
  const set = (part: Partial<Draft>) => {
    const next = { ...draft, ...part };
    if (!differing(next, base).length) return discard();
    memory.set(id, next);
    setTyped(next);
    keep({ draft: keepable(next), base, revision });
  };
  const write = async (send: () => Promise<Widget>): Promise<Widget | null> => {
    setSaving(true);
    try {
      const made = await send();
      if (id !== made.id) movePin(id, made.id);
      api.wrote(made);
      discard();
      return made;
    } catch (error) {
      setProblem(problemFrom(error));
      if (saved && problemFrom(error).status === 412) api.wrote(await api.read(id));
      return null;
    } finally {
      setSaving(false);
    }
  };
  const changed = patchOf(draft, base);
  return {
    id, saved, draft, base, isDraft, saving, problem, set, discard,
    theirs: isDraft && saved && saved.revision !== revision ? saved : null,
    save: () => write(() => (saved ? api.change(id, changed, revision) : api.create(bodyOf(draft)))),
    overwrite: (theirs) => write(() => api.change(id, changed, theirs.revision)),
    wrong: (pointer) => problem?.at(pointer),
  };
}
