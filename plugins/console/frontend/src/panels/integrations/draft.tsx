/** The one draft that all steps of the builder work on: kept until it is saved, checked as it changes. */
import { createContext, useCallback, useContext, useMemo, useRef, useState } from "react";
import { Problem, problemFrom, type FieldError } from "../../api/problem";
import { isKept, keepDraft, useDraft } from "../../kit/draft";
import { useCatalog, schemaOf } from "./catalog";
import * as api from "./data";
import { definitionOf, fresh, whole, type Definition, type Json, type Saved } from "./model";
import { mergePatch, type Path, put, same, stepsOf, valueAt } from "./places";
import { stripped } from "./secrets";
import { STEPS, type StepName, stepOf } from "./steps";
import { useTexts } from "../../texts";

/** Drafts with their credentials, for as long as the page lives: nothing of these is stored. */
const memory = new Map<string, Definition>();

interface Kept {
  definition: Definition;
  /** The revision that the draft began with. */
  base: number;
  /** Places of credentials that were typed, and are in memory alone. */
  taken: string[];
}

export interface Builder {
  id: string;
  saved: Saved | null;
  draft: Definition;
  draftOf: api.DraftOf;
  isDraft: boolean;
  /** Credentials that were typed before the page was loaded again. */
  lost: readonly string[];
  errors: readonly FieldError[];
  checking: boolean;
  saving: boolean;
  /** Why it was not saved, unless that is told at the fields. */
  refused: Problem | null;
  conflict: boolean;
  edit: (change: (before: Definition) => Definition) => void;
  set: (path: Path, value: Json) => void;
  /** What is wrong at a place, where its step is old enough to be told. */
  wrong: (pointer: string) => string | undefined;
  problem: Problem;
  visit: (step: StepName) => void;
  save: () => Promise<Saved | null>;
  /** Shows at the fields what somebody else was told. */
  refuse: (problem: Problem) => void;
  discard: () => void;
  /** Goes on from what somebody else saved meanwhile, with the draft's values. */
  rebase: () => void;
}

const Context = createContext<Builder | null>(null);
export const BuilderProvider = Context.Provider;

export function useBuilder(): Builder {
  const found = useContext(Context);
  if (!found) throw new Error("outside the builder");
  return found;
}

/** A new draft from elsewhere, with values at the places of its `credentials`; it takes the place of what there was. */
export function begin(definition: Definition, credentials: readonly string[]): void {
  const made = whole(definition);
  memory.set("integrations.new", made);
  const kept = credentials.reduce((found, pointer) => put(found, stepsOf(pointer), ""), made);
  keepDraft<Kept>("integrations.new", { definition: kept, base: 0, taken: [...credentials] });
  keepDraft<StepName[]>("integrations.new.visited", ALL);
}

export const hasDraft = (id: string): boolean => isKept(`integrations.${id}`);

const ALL: StepName[] = [...STEPS];

/** `saved` is null for a new one. */
export function useNewBuilder(id: string, saved: Saved | null): Builder {
  const key = `integrations.${id}`;
  const base = saved?.revision ?? 0;
  const plain = useMemo(() => (saved ? definitionOf(saved) : fresh()), [saved]);
  const [kept, keep, { isDraft, forget }] = useDraft<Kept>(key, { definition: plain, base, taken: [] });
  const [visited, setVisited, visits] = useDraft<StepName[]>(`${key}.visited`, saved ? ALL : []);
  const [live, setLive] = useState<Definition>(() => memory.get(key) ?? kept.definition);
  const [lost, setLost] = useState<string[]>(() => (isDraft && !memory.has(key) ? kept.taken : []));
  const [refusal, setRefusal] = useState<{ problem: Problem; of: Definition } | null>(null);
  const [saving, setSaving] = useState(false);
  const { data: catalog } = useCatalog();
  const { wrote, stale } = api.useWritten();
  const t = useTexts().integrations;

  const draft = isDraft ? live : plain;
  const auth = schemaOf(catalog?.providers, draft.auth.type);
  const draftOf = useMemo(() => ({ definition: draft, id: saved?.id ?? "" }), [draft, saved?.id]);
  const { errors: found, checking } = api.useErrors(draftOf);

  const empty = (definition: Definition, pointers: readonly string[]) => pointers.filter((one) => !valueAt(definition, stepsOf(one)));
  const edit = (change: (before: Definition) => Definition, since = isDraft ? kept.base : base) => {
    const made = change(memory.get(key) ?? draft);
    const { definition, taken } = stripped(made, auth);
    const still = empty(made, lost);
    memory.set(key, made);
    setLive(made);
    setLost(still);
    keep({ definition, taken: [...new Set([...taken, ...still])], base: since });
  };

  const latest = useRef(edit);
  latest.current = edit;
  const stable = useCallback((change: (before: Definition) => Definition) => latest.current(change), []);

  const errors = useMemo(() => {
    const unchanged = (one: FieldError) => same(valueAt(draft, stepsOf(one.pointer!)), valueAt(refusal!.of, stepsOf(one.pointer!)));
    const refused = (refusal?.problem.errors ?? []).filter((one) => one.pointer && unchanged(one));
    const gone = lost.map((pointer) => ({ pointer, detail: t.lostField }));
    return unique([...gone, ...refused, ...found]).filter((one) => visited.includes(stepOf(one.pointer)));
  }, [draft, refusal, lost, found, visited, t]);

  const refuse = (problem: Problem) => {
    setRefusal({ problem, of: memory.get(key) ?? draft });
    setVisited(ALL);
    if (problem.status === 412) stale(id);
  };
  const clear = () => {
    memory.delete(key);
    forget();
    setLost([]);
    setRefusal(null);
  };
  const save = async (): Promise<Saved | null> => {
    setSaving(true);
    try {
      const sent = memory.get(key) ?? draft;
      const answer = saved
        ? await api.change(saved.id, mergePatch(definitionOf(saved), sent), isDraft ? kept.base : base)
        : await api.create(sent);
      clear();
      setLive(definitionOf(answer));
      visits.forget();
      wrote(answer);
      return answer;
    } catch (error) {
      refuse(problemFrom(error));
      return null;
    } finally {
      setSaving(false);
    }
  };

  return {
    id,
    saved,
    draft,
    draftOf,
    isDraft,
    lost,
    errors,
    checking,
    saving,
    refused: refusal && refusal.problem.status !== 412 && refusal.problem.errors.every((one) => !one.pointer) ? refusal.problem : null,
    conflict: isDraft && !!saved && kept.base !== saved.revision,
    edit: stable,
    set: useCallback((path: Path, value: Json) => stable((before) => put(before, path, value)), [stable]),
    wrong: (pointer) => errors.find((one) => one.pointer === pointer)?.detail,
    problem: useMemo(() => new Problem(422, "draft", "", errors), [errors]),
    visit: (step) => visited.includes(step) || setVisited([...visited, step]),
    save,
    refuse,
    discard: () => (clear(), setLive(plain)),
    rebase: () => (setRefusal(null), edit((before) => before, base)),
  };
}

function unique(errors: FieldError[]): FieldError[] {
  return errors.filter((one, at) => errors.findIndex((other) => other.pointer === one.pointer) === at);
}
