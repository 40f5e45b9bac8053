/** What a schema wants to be shown as. Nothing here draws. */
import { resolved, type JsonSchema } from "../../api/jsonschema";

/** What the server shows in the place of a secret that it has; sent back, it leaves that one as it is. */
export const MASK = "***";

export type Shape =
  | "hidden" | "secret" | "text" | "number" | "yesNo" | "choice" | "choices" | "fields" | "list" | "tuple" | "map" | "union" | "json";

/** A schema without what stands for "nothing", and whether it had that. */
export function plain(schema: JsonSchema, root: JsonSchema): { schema: JsonSchema; nullable: boolean } {
  const found = resolved(schema, root);
  const options = alternatives(found, root);
  if (!options) {
    const types = typesOf(found);
    const rest = types.filter((type) => type !== "null");
    return rest.length < types.length ? { schema: { ...found, type: rest }, nullable: true } : { schema: found, nullable: false };
  }
  const left = options.filter((option) => !typesOf(option).includes("null") || typesOf(option).length > 1);
  const { anyOf: _, oneOf: __, ...beside } = found;
  if (left.length === 1) {
    const inner = plain(left[0]!, root);
    return { schema: { ...inner.schema, ...beside }, nullable: inner.nullable || left.length < options.length };
  }
  return { schema: { ...beside, anyOf: left }, nullable: left.length < options.length };
}

export const alternatives = (schema: JsonSchema, root: JsonSchema): JsonSchema[] | undefined =>
  (schema.anyOf ?? schema.oneOf)?.map((option) => resolved(option, root));

export const typesOf = (schema: JsonSchema): string[] => (schema.type === undefined ? [] : [schema.type].flat());

export function shapeOf(schema: JsonSchema, root: JsonSchema): Shape {
  const types = typesOf(schema);
  if (schema.const !== undefined) return "hidden";
  if (schema.anyOf) return "union";
  if (schema.enum) return schema.enum.length === 1 ? "hidden" : "choice";
  if (schema.format === "password" || schema.writeOnly) return "secret";
  if (types.length > 1) return types.every((type) => ["number", "integer", "string"].includes(type)) ? "text" : "json";
  switch (types[0]) {
    case "string":
      return "text";
    case "number":
    case "integer":
      return "number";
    case "boolean":
      return "yesNo";
    case "array":
      return schema.prefixItems ? "tuple" : schema.items ? listShape(schema, root) : "json";
    case "object":
      return schema.properties ? "fields" : typeof schema.additionalProperties === "object" ? "map" : "json";
    default:
      return "json";
  }
}

function listShape(schema: JsonSchema, root: JsonSchema): Shape {
  const item = resolved(schema.items!, root);
  return schema.uniqueItems && item.enum ? "choices" : "list";
}

/** `base_url`, `baseUrl` and `base-url` are "Base url". */
export function titleOf(name: string, schema?: JsonSchema): string {
  if (schema?.title) return schema.title;
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replaceAll(/[_.-]+/g, " ").trim().toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What a value is before anybody typed: nothing that the server fills in by itself. */
export function initialOf(schema: JsonSchema, root: JsonSchema): unknown {
  const { schema: found } = plain(schema, root);
  switch (shapeOf(found, root)) {
    case "hidden":
      return found.const ?? found.enum?.[0];
    case "fields":
      return Object.fromEntries(
        (found.required ?? [])
          .map((name) => [name, initialOf(found.properties?.[name] ?? {}, root)])
          .filter(([, value]) => value !== undefined),
      );
    case "union":
      return found.default !== undefined ? undefined : initialOf(found.anyOf![0]!, root);
    case "list":
      return typesOf(resolved(found.items!, root)).includes("string") ? [""] : []; // an empty field says what to do
    case "tuple":
    case "choices":
      return [];
    case "map":
      return {};
    case "yesNo":
      return false;
    default:
      return undefined;
  }
}

/** Which alternative of a union a value is. */
export function matching(value: unknown, options: readonly JsonSchema[], root: JsonSchema): number {
  const at = options.findIndex((option) => fits(value, option, root));
  return at < 0 ? 0 : at;
}

function fits(value: unknown, schema: JsonSchema, root: JsonSchema): boolean {
  const found = resolved(schema, root);
  if (found.const !== undefined) return value === found.const;
  if (found.enum) return found.enum.includes(value);
  const options = alternatives(found, root);
  if (options) return options.some((option) => fits(value, option, root));
  const types = typesOf(found);
  if (types.length && !types.includes(typeOf(value)) && !(types.includes("number") && typeOf(value) === "integer")) return false;
  if (!found.properties || typeOf(value) !== "object") return true;
  const members = value as Record<string, unknown>;
  const fixed = Object.entries(found.properties).filter(([, one]) => {
    const inner = resolved(one, root);
    return inner.const !== undefined || inner.enum?.length === 1;
  });
  if (fixed.some(([name, one]) => !fits(members[name], one, root))) return false;
  return (found.required ?? []).every((name) => name in members) && Object.keys(members).every((name) => name in found.properties!);
}

export function typeOf(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

/** The members of an object without one. */
export function without<T extends object>(members: T, name: string): T {
  const copy = { ...members } as Record<string, unknown>;
  delete copy[name];
  return copy as T;
}

export const step = (name: string | number): string => `/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;
