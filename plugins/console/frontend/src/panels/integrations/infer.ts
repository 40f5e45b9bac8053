/** Fields of a shard type, as records of an API suggest them. */
import type { Json } from "./model";
import { isObject } from "./places";

export interface NewField {
  name: string;
  type: string;
  source: string;
  items?: string;
}

const DAY = /^\d{4}-\d\d-\d\d$/;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/;
const MAIL = /^[^@\s]+@[^@\s]+\.[^@\s]+$/;

function typeOf(value: Json): string {
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  if (typeof value === "boolean") return "boolean";
  if (Array.isArray(value)) return "array";
  if (isObject(value)) return "object";
  if (typeof value !== "string") return "json";
  if (DAY.test(value)) return "date";
  if (MOMENT.test(value)) return "datetime";
  if (MAIL.test(value)) return "email";
  if (/^https?:\/\//.test(value)) return "url";
  return value.length > 200 || value.includes("\n") ? "textarea" : "text";
}

/** The one type that holds all of the values, nulls aside. */
function common(values: Json[]): string {
  const kinds = new Set(values.filter((value) => value !== null && value !== undefined).map(typeOf));
  if (kinds.size === 0) return "json";
  if (kinds.size === 1) return [...kinds][0]!;
  if ([...kinds].every((kind) => ["integer", "number"].includes(kind))) return "number";
  return [...kinds].every((kind) => ["text", "textarea", "email", "url", "date", "datetime"].includes(kind)) ? "text" : "json";
}

/** `first_name` and `First Name` become `firstName`. */
export function fieldName(name: string): string {
  const [first = "", ...rest] = name.split(/[^A-Za-z0-9]+/).filter(Boolean);
  const head = /^[A-Z0-9]+$/.test(first) ? first.toLowerCase() : first.charAt(0).toLowerCase() + first.slice(1);
  const made = head + rest.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join("");
  return /^[A-Za-z_]/.test(made) ? made : `field${made}`;
}

/** One field for each member that any of the records has. */
export function fieldsOf(records: readonly Json[], named: (name: string) => string = fieldName): NewField[] {
  const objects = records.filter(isObject);
  const names = [...new Set(objects.flatMap((one) => Object.keys(one)))];
  return names.map((name) => {
    const values = objects.map((one) => one[name]);
    const type = common(values);
    const items = type === "array" ? common(values.filter(Array.isArray).flat()) : undefined;
    return { name: named(name), type, source: name, ...(items && { items }) };
  });
}

/** The path of what most likely tells records apart: a member that is called so, and that no two records share. */
export function identifierOf(records: readonly Json[]): string | undefined {
  const objects = records.filter(isObject);
  const unique = (name: string) => {
    const values = objects.map((one) => one[name]);
    return values.every((one) => typeof one === "string" || typeof one === "number") && new Set(values).size === values.length;
  };
  const name = ["id", "uuid", "guid", "key", "_id", "ID"].find((one) => objects.length > 0 && unique(one));
  return name && `$.${name}`;
}
