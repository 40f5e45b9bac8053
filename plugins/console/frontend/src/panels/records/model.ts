/** Records and their types, as the page thinks of them. Nothing here draws. */
import type { JsonSchema } from "../../api/jsonschema";
import { titleOf } from "../../kit/schema/model";

export type Json = unknown;
export type Data = Record<string, Json>;

export const TYPES = [
  "text", "textarea", "select", "email", "url", "number", "integer", "boolean", "date", "datetime", "array", "object", "json",
] as const;
export type FieldType = (typeof TYPES)[number];

export interface Field {
  name: string;
  type: FieldType;
  label?: string;
  description?: string;
  group?: string;
  required?: boolean;
  options?: { value: string; label?: string }[] | null;
  items?: FieldType | null;
  min?: number | null;
  max?: number | null;
  maxLength?: number | null;
}

export interface TypeDraft {
  id: string;
  displayName: string;
  description: string;
  strict: boolean;
  fields: Field[];
}

export interface ShardType extends TypeDraft {
  revision: number;
  createdAt: string;
  updatedAt: string;
}

export interface Shard {
  id: string;
  type: string;
  externalId: string;
  data: Data;
  revision: number;
  source: string;
  createdAt: string;
  updatedAt: string;
  deletedAt: string | null;
}

export const nameOf = (type: ShardType): string => type.displayName || type.id;
export const labelOf = (field: Field): string => field.label || titleOf(field.name);

const NUMBERS = new Set<FieldType>(["number", "integer"]);
const STRUCTURED = new Set<FieldType>(["array", "object", "json"]);
const LONGEST = 4000;

export const isNumber = (field: Field): boolean => NUMBERS.has(field.type);
export const isSortable = (field: Field): boolean => !STRUCTURED.has(field.type);

/** How many fields a list shows as columns. */
const SHOWN = 6;

/** The CSS track of a field's column. */
export const widthOf = (field: Field): string =>
  isNumber(field) || field.type === "boolean" ? "minmax(64px, 0.6fr)" : ROOMY.has(field.type) ? "minmax(120px, 1.6fr)" : "minmax(80px, 1fr)";

const ROOMY = new Set<FieldType>(["email", "url", "textarea"]);

/** The fields that a list shows: those that people read first. */
export const columnsOf = (type: ShardType): Field[] =>
  [...type.fields.filter(isSortable), ...type.fields.filter((field) => field.type === "array")].slice(0, SHOWN);

function schemaOfKind(kind: FieldType, field: Partial<Field>): JsonSchema {
  switch (kind) {
    case "number":
    case "integer":
      return { type: kind, minimum: field.min ?? undefined, maximum: field.max ?? undefined };
    case "boolean":
      return { type: "boolean" };
    case "array":
      return { type: "array", items: schemaOfKind(field.items ?? "json", {}), maxItems: field.maxLength ?? undefined };
    case "select":
      return { enum: field.options?.map((one) => one.value) ?? [] };
    case "object":
    case "json":
      return {};
    default:
      return { type: "string", format: FORMATS[kind], maxLength: kind === "textarea" ? LONGEST : (field.maxLength ?? undefined) };
  }
}

const FORMATS: Partial<Record<FieldType, string>> = { email: "email", url: "uri", date: "date", datetime: "date-time" };

function schemaOf(field: Field): JsonSchema {
  const own = schemaOfKind(field.type, field);
  const told = { title: labelOf(field), description: field.description || undefined };
  // whoever leaves "yes or no" open says neither
  return field.type === "boolean" && !field.required ? { anyOf: [own, { type: "null" }], ...told } : { ...own, ...told };
}

/** The form of a record: the fields of its type, and what else the record has. */
export function formOf(type: ShardType, data: Data): JsonSchema {
  const others = Object.keys(data).filter((name) => !type.fields.some((field) => field.name === name));
  const known = type.fields.map((field): [string, JsonSchema] => [field.name, schemaOf(field)]);
  return {
    type: "object",
    properties: Object.fromEntries([...known, ...others.map((name): [string, JsonSchema] => [name, { title: titleOf(name) }])]),
    required: type.fields.filter((field) => field.required).map((field) => field.name),
  };
}

const same = (one: Json, other: Json): boolean => JSON.stringify(one) === JSON.stringify(other);

/** What is to be sent so that `before` becomes `after` (RFC 7396): members that differ, null for those that go. */
export function patchOf(before: Data, after: Data): Data {
  const patch: Data = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, made] = [before[name], after[name]];
    if (same(old, made)) continue;
    patch[name] = made === undefined || made === null ? null : isMembers(old) && isMembers(made) ? patchOf(old, made) : made;
  }
  return patch;
}

const isMembers = (value: Json): value is Data => typeof value === "object" && value !== null && !Array.isArray(value);
