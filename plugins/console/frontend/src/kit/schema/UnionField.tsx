import { useState } from "react";
import { resolved, type JsonSchema } from "../../api/jsonschema";
import { useTexts } from "../../texts";
import { Select } from "../Fields";
import { initialOf, matching, shapeOf, titleOf, typesOf } from "./model";
import { SchemaField, type Ready } from "./SchemaField";

/** What people call an alternative: its own title, the value that tells it from the others, or the kind of value. */
function nameOf(option: JsonSchema, root: JsonSchema, kinds: Record<string, string>): string {
  const found = resolved(option, root);
  const fixed = Object.values(found.properties ?? {})
    .map((one) => resolved(one, root))
    .find((one) => one.const !== undefined || one.enum?.length === 1);
  if (fixed) return titleOf(String(fixed.const ?? fixed.enum![0]));
  if (found.title) return found.title;
  if (option.$ref) return titleOf(option.$ref.split(/[/.]/).at(-1)!);
  const kind: Record<string, string> = { string: "text", number: "number", integer: "number", boolean: "yesNo", array: "list", object: "fields", null: "none" };
  return kinds[kind[typesOf(found)[0] ?? ""] ?? "json"] ?? "JSON";
}

/** One of several kinds of value: which, and then its own fields. */
export function UnionField(field: Ready) {
  const { schema, root, value, onChange, common, required, nullable } = field;
  const t = useTexts().kit;
  const options = schema.anyOf!;
  const set = value !== undefined && value !== null;
  const [at, setAt] = useState(() => matching(value, options, root));
  const open = !required || nullable;
  const choices = options.map((option, index) => ({ value: String(index), label: nameOf(option, root, t.types) }));
  const choose = (next: string) => {
    if (next === "") return onChange(undefined);
    setAt(Number(next));
    onChange(initialOf(options[Number(next)]!, root) ?? null);
  };
  const option = options[at]!;
  const empty = shapeOf(resolved(option, root), root) === "fields" && !Object.keys(resolved(option, root).properties ?? {}).length;
  return (
    <fieldset className="group">
      <legend>{common.label}</legend>
      {common.help && <p className="quiet-text">{common.help}</p>}
      <Select
        label={t.kind}
        error={common.error}
        disabled={common.disabled}
        value={set || !open ? String(at) : ""}
        options={open ? [{ value: "", label: t.notSet }, ...choices] : choices}
        onChange={choose}
      />
      {(set || !open) && !empty && <SchemaField {...field} key={at} schema={option} label={t.value} required problem={field.problem} />}
    </fieldset>
  );
}
