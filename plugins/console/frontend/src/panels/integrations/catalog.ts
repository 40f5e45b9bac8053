/** What a chooser of kinds needs of the catalogue. */
import type { Kind } from "../../api/catalog";
import type { JsonSchema } from "../../api/jsonschema";
import { kindOf } from "../../api/catalog";

export { kindOf, useCatalog } from "../../api/catalog";

export const schemaOf = (kinds: readonly Kind[] | undefined, name: string | undefined): JsonSchema | undefined =>
  kindOf(kinds, name)?.schema;

export const choices = (kinds: readonly Kind[] | undefined) =>
  (kinds ?? []).map((one) => ({ value: one.name, label: one.name, help: one.summary }));
