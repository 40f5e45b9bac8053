/** The lines that start a script from a shell. No secret is ever written into one. */
import { address } from "../../api/client";
import type { Given, Parameter } from "./data";
import { type FileValue, type Values } from "./values";

const PLAIN = /^[\w@%+=:,./-]+$/;
const quoted = (text: string): string => (PLAIN.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
const option = (name: string): string => `--${name.replaceAll("_", "-")}`;
const variable = (name: string): string => `"$${name.toUpperCase()}"`;

/** For whoever is at the server: files are paths there, and secrets come from variables. */
export function commandOf(script: string, parameters: readonly Parameter[], given: readonly Given[], values: Values): string {
  const words = given.flatMap(({ name, value }) => wordsOf(parameters.find((one) => one.name === name)!, value, values[name]));
  return ["pegboard scripts run", quoted(script), ...words].join(" ");
}

function wordsOf(parameter: Parameter, value: unknown, shown: unknown): string[] {
  const flag = option(parameter.name);
  switch (parameter.type) {
    case "boolean":
      return [value ? flag : `--no-${flag.slice(2)}`];
    case "multi-choice":
      return (value as unknown[]).map((one) => `${flag}=${quoted(String(one))}`);
    case "secret":
      return [`${flag}=${variable(parameter.name)}`];
    case "file":
      return [`${flag}=${quoted((shown as FileValue).name)}`];
    default:
      return [`${flag}=${quoted(String(value))}`];
  }
}

export function curlOf(script: string, parameters: readonly Parameter[], given: readonly Given[]): string {
  const secret = new Set(parameters.filter((one) => one.type === "secret").map((one) => one.name));
  const sent = given.map(({ name, value }) => ({ name, value: secret.has(name) ? "…" : value }));
  const body = JSON.stringify({ script_name: script, parameters: sent });
  return `curl -X POST -H "X-API-Key: $PEGBOARD_KEY" -H 'Content-Type: application/json' -d '${body.replaceAll("'", `'\\''`)}' ${address("/api/scripts/execute")}`;
}
