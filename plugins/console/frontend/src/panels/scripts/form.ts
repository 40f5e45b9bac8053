/** The state of a script's form: what is typed is kept in this tab until it is sent, but for secrets. */
import { useState } from "react";
import type { Problem } from "../../api/problem";
import { useDraft } from "../../kit/draft";
import type { Given, Script } from "./data";
import { draftOf, remembered } from "./memory";
import { defaultsOf, errorAt, fitting, givenOf, isSecret, type Values } from "./values";

export interface Form {
  values: Values;
  set: (name: string, value: unknown) => void;
  given: Given[];
  /** The answer of the server to what was sent last, and what that was. */
  refuse: (problem: Problem | null) => void;
  problem: Problem | null;
  errorOf: (name: string) => string | undefined;
  /** Whether all errors are told at a field. */
  toldAtFields: boolean;
  reset: () => void;
  forget: () => void;
}

export function useForm(script: Script, key = draftOf(script.name)): Form {
  const { parameters } = script;
  const [kept, keep, { forget }] = useDraft<Values>(key, remembered(script.name));
  const [secrets, setSecrets] = useState<Values>({});
  const [answer, setAnswer] = useState<{ problem: Problem; sent: Given[] } | null>(null);
  const values = { ...fitting(parameters, kept), ...cleared(kept), ...secrets };
  const given = givenOf(parameters, values);
  const names = new Set(parameters.filter(isSecret).map((one) => one.name));
  const errorOf = (name: string) => errorAt(answer?.problem ?? null, answer?.sent ?? [], name);
  return {
    values,
    given,
    set: (name, value) => (names.has(name) ? setSecrets({ ...secrets, [name]: value }) : keep({ ...kept, [name]: value ?? null })),
    refuse: (problem) => setAnswer(problem && { problem, sent: given }),
    problem: answer?.problem ?? null,
    errorOf,
    toldAtFields: !!answer && answer.problem.errors.length > 0 && parameters.filter((one) => errorOf(one.name)).length >= answer.problem.errors.length,
    reset: () => (keep(defaultsOf(parameters)), setSecrets({}), setAnswer(null)),
    forget,
  };
}

/** What somebody emptied stays empty: the default does not come back by itself. */
const cleared = (kept: Values): Values => Object.fromEntries(Object.entries(kept).flatMap(([name, value]) => (value === null ? [[name, undefined]] : [])));
