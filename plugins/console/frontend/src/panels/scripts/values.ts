/** What somebody types into the form of a script, and what of it is sent. Nothing here draws. */
import type { Problem } from "../../api/problem";
import type { Given, Parameter } from "./data";

/** A file that was sent ahead, or that is in the folder of the server's operator. */
export interface FileValue {
  /** What is sent: the id of an upload, or a name. */
  value: string;
  /** What people call it. */
  name: string;
}

export type Values = Record<string, unknown>;

export const isSecret = (parameter: Parameter): boolean => parameter.type === "secret";

export const defaultsOf = (parameters: readonly Parameter[]): Values =>
  Object.fromEntries(parameters.filter((one) => one.default !== null && one.type !== "file").map((one) => [one.name, one.default]));

/** What of kept values still fits: a script may have changed since, and its secrets are never kept. */
export function fitting(parameters: readonly Parameter[], kept: Values): Values {
  const known = parameters.filter((one) => !isSecret(one) && kept[one.name] !== undefined && fits(one, kept[one.name]));
  return { ...defaultsOf(parameters), ...Object.fromEntries(known.map((one) => [one.name, asTyped(one, kept[one.name])])) };
}

/** A file of an earlier run is known by what was sent for it. */
const asTyped = ({ type }: Parameter, value: unknown): unknown => (type === "file" && typeof value === "string" ? { value, name: value } : value);

function fits({ type, choices }: Parameter, value: unknown): boolean {
  switch (type) {
    case "boolean":
      return typeof value === "boolean";
    case "multi-choice":
      return Array.isArray(value) && value.every((one) => choices.includes(String(one)));
    case "choice":
      return choices.includes(String(value));
    case "file":
      return typeof value === "string" || (typeof value === "object" && value !== null && "value" in value);
    default:
      return typeof value === "string" || typeof value === "number";
  }
}

/** The parameters as they are sent. What was left empty is left to the script. */
export function givenOf(parameters: readonly Parameter[], values: Values): Given[] {
  return parameters.flatMap((one) => {
    const value = sentOf(one, values[one.name]);
    return value === undefined ? [] : [{ name: one.name, value }];
  });
}

function sentOf({ type, default: byDefault }: Parameter, value: unknown): unknown {
  switch (type) {
    case "boolean":
      return Boolean(value);
    case "int":
    case "float":
      return numberOf(value);
    case "multi-choice":
      return Array.isArray(value) && (value.length || byDefault !== null) ? value : undefined;
    case "file":
      return (value as FileValue | undefined)?.value;
    case "string":
      return value === "" && !byDefault ? undefined : (value ?? undefined);
    default:
      return value === "" ? undefined : (value ?? undefined);
  }
}

/** What is no number is sent as it is: the answer says at the field what is wrong. */
function numberOf(value: unknown): number | string | undefined {
  const text = String(value ?? "").trim();
  if (!text) return undefined;
  return Number.isFinite(Number(text)) ? Number(text) : text;
}

/** What is wrong with a parameter: by its place in what was sent, or by its name where it was not sent. */
export function errorAt(problem: Problem | null, sent: readonly Given[], name: string): string | undefined {
  const at = sent.findIndex((one) => one.name === name);
  const own = [`/parameters/${name}`, ...(at < 0 ? [] : [`/parameters/${at}`])];
  return problem?.errors.find(({ pointer = "" }) => own.some((start) => pointer === start || pointer.startsWith(`${start}/`)))?.detail;
}
