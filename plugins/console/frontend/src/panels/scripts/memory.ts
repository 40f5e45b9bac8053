/** The values that a script was last started with, for whoever is signed in. Never secrets. */
import { session } from "../../api/session";
import { keepDraft } from "../../kit/draft";
import { MASK } from "../../kit/SchemaForm";
import type { Parameter } from "./data";
import { isSecret, type Values } from "./values";

export const draftOf = (script: string): string => `scripts.${script}`;

function keyOf(script: string): string {
  const who = session.who.get();
  return `pegboard.script.${who?.tenant}.${who?.id}.${script}`;
}

export function remembered(script: string): Values {
  const text = localStorage.getItem(keyOf(script));
  return text === null ? {} : (JSON.parse(text) as Values);
}

export function remember(script: string, parameters: readonly Parameter[], values: Values): void {
  const kept = parameters.filter((one) => !isSecret(one) && values[one.name] !== undefined);
  localStorage.setItem(keyOf(script), JSON.stringify(Object.fromEntries(kept.map((one) => [one.name, values[one.name]]))));
}

/** Has the form begin with what a run was given. */
export function rememberGiven(script: string, parameters: unknown): void {
  const given = Array.isArray(parameters) ? (parameters as { name: string; value: unknown }[]) : [];
  const known = given.filter((one) => one.value !== MASK);
  keepDraft(draftOf(script), Object.fromEntries(known.map((one) => [one.name, one.value])));
}
