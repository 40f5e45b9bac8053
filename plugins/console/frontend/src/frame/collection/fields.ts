import type { JsonSchema } from "../../api/jsonschema";
import { Problem } from "../../api/problem";
import { plain } from "../../kit/schema/model";

type Members = Record<string, unknown>;

const hides = (schema: JsonSchema, root: JsonSchema, depth = 0): boolean => {
  if (depth > 8) return false;
  const found = plain(schema, root).schema;
  const inner = [...Object.values(found.properties ?? {}), ...(found.anyOf ?? []), found.items, found.additionalProperties];
  return found.format === "password" || found.writeOnly === true || inner.some((one) => !!one && typeof one === "object" && hides(one, root, depth + 1));
};

/** The members that may be kept in the browser's storage, and those that hold a secret. */
export function withoutSecrets(value: Members, schema: JsonSchema): [Members, Members] {
  const properties = plain(schema, schema).schema.properties ?? {};
  const isSecret = (name: string) => hides(properties[name] ?? {}, schema);
  const entries = Object.entries(value);
  return [Object.fromEntries(entries.filter(([name]) => !isSecret(name))), Object.fromEntries(entries.filter(([name]) => isSecret(name)))];
}

/** What of a problem no field shows; null where the fields show all of it. */
export function unseen(problem: Problem, schema: JsonSchema): Problem | null {
  const names = Object.keys(schema.properties ?? {});
  const shown = (pointer = "") => names.some((name) => pointer === `/${name}` || pointer.startsWith(`/${name}/`));
  const left = problem.errors.filter((one) => !shown(one.pointer));
  if (problem.errors.length && !left.length) return null;
  return new Problem(problem.status, problem.code, problem.detail, left, problem.extra);
}
