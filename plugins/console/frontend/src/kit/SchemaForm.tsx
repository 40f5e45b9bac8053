/** Fields from a JSON Schema, for values that nobody of us has seen before: configs of plugins, bodies of routes. */
import type { JsonSchema } from "../api/jsonschema";
import type { Problem } from "../api/problem";
import { plain, step, without } from "./schema/model";
import { SchemaField } from "./schema/SchemaField";

export type { JsonSchema } from "../api/jsonschema";
export { initialOf, MASK } from "./schema/model";

export type Members = Record<string, unknown>;

interface Props {
  /** A schema that stands by itself: what it refers to is in its own `components` or `$defs`. */
  schema: JsonSchema;
  value: Members;
  onChange: (value: Members) => void;
  /** Where the value stands in what is sent, as a JSON pointer: errors of the problem are looked for there. */
  pointer?: string;
  problem?: Problem | null;
  /** The names of the fields to show, in their order; all, where nothing is said. */
  only?: readonly string[];
  disabled?: boolean;
}

export function SchemaForm({ schema, value, onChange, pointer = "", problem = null, only, disabled }: Props) {
  const whole = plain(schema, schema).schema;
  const names = only ?? Object.keys(whole.properties ?? {});
  return (
    <div className="fields">
      {names.map((name) => (
        <SchemaField
          key={name}
          name={name}
          schema={whole.properties?.[name] ?? {}}
          root={schema}
          required={whole.required?.includes(name) ?? false}
          value={value[name]}
          onChange={(next) => onChange(next === undefined ? without(value, name) : { ...value, [name]: next })}
          pointer={pointer + step(name)}
          problem={problem}
          disabled={disabled}
        />
      ))}
    </div>
  );
}
