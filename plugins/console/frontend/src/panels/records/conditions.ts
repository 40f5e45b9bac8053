/** Filters of a list as people make them, and as the API and the page's address write them. */
import { isNumber, type Field, type Json, type ShardType } from "./model";

export type Operator = "eq" | "ne" | "gt" | "ge" | "lt" | "le" | "contains" | "empty" | "given";

export interface Condition {
  field: string;
  operator: Operator;
  value: Json;
}

/** What one may ask of a field. */
export function operatorsOf(field: Field): Operator[] {
  if (field.type === "array") return ["contains", "empty", "given"];
  if (field.type === "object" || field.type === "json") return ["empty", "given"];
  if (field.type === "boolean" || field.type === "select") return ["eq", "ne", "empty", "given"];
  if (isNumber(field) || field.type === "date" || field.type === "datetime") return ["eq", "ne", "ge", "le", "gt", "lt", "empty", "given"];
  return ["contains", "eq", "ne", "empty", "given"];
}

export const needsValue = (operator: Operator): boolean => operator !== "empty" && operator !== "given";

/** What was typed as a value of the field; undefined where it is none. */
export function valueOf(field: Field, operator: Operator, text: string): Json | undefined {
  if (!needsValue(operator)) return null;
  const kind = field.type === "array" ? field.items : field.type;
  if (kind === "boolean") return text === "true" ? true : text === "false" ? false : undefined;
  if (kind === "number" || kind === "integer") return text.trim() === "" || Number.isNaN(Number(text)) ? undefined : Number(text);
  return text === "" ? undefined : text;
}

/** The API's filter: several conditions of one field stand in one object. */
export function filterOf(conditions: readonly Condition[]): string {
  const made: Record<string, Record<string, Json>> = {};
  for (const { field, operator, value } of conditions) {
    const own = (made[field] ??= {});
    if (operator === "empty") own.eq = null;
    else if (operator === "given") own.ne = null;
    else own[operator] = value;
  }
  return conditions.length ? JSON.stringify(made) : "";
}

/** The same, read again; what is no filter of this type is left out. */
export function conditionsOf(filter: string, type: ShardType): Condition[] {
  const made: Condition[] = [];
  for (const [field, asked] of Object.entries(parsed(filter))) {
    if (!type.fields.some((one) => one.name === field) || typeof asked !== "object" || asked === null) continue;
    for (const [operator, value] of Object.entries(asked)) made.push({ field, ...readOperator(operator, value) });
  }
  return made;
}

function readOperator(operator: string, value: Json): { operator: Operator; value: Json } {
  if (value === null) return { operator: operator === "ne" ? "given" : "empty", value };
  return { operator: operator as Operator, value };
}

function parsed(text: string): Record<string, Json> {
  try {
    const found: Json = JSON.parse(text || "{}");
    return typeof found === "object" && found !== null ? (found as Record<string, Json>) : {};
  } catch {
    return {};
  }
}
