import { useTexts } from "../../texts";
import { resolved, type JsonSchema } from "../../api/jsonschema";
import { Button } from "../Button";
import { Checkbox } from "../Fields";
import { initialOf, step } from "./model";
import { SchemaField, type Ready } from "./SchemaField";

const items = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

const schemaAt = (schema: JsonSchema, at: number): JsonSchema => schema.prefixItems?.[at] ?? schema.items ?? {};

export function ListField({ schema, root, value, onChange, pointer, problem, common, required, disabled }: Ready) {
  const t = useTexts().kit;
  const list = schema.prefixItems ? schema.prefixItems.map((_, at) => items(value)[at]) : items(value);
  const full = schema.prefixItems !== undefined || (schema.maxItems !== undefined && list.length >= schema.maxItems);
  const changed = (next: unknown[]) => onChange(next.length || required ? next : undefined);
  return (
    <fieldset className="group">
      <legend>{common.label}</legend>
      {common.help && <p className="quiet-text">{common.help}</p>}
      {common.error && <p className="react-aria-FieldError">{common.error}</p>}
      {list.map((one, at) => (
        <div className="pair" key={at}>
          <SchemaField
            name={String(at)}
            label={t.item(at + 1)}
            schema={schemaAt(schema, at)}
            root={root}
            required
            value={one}
            onChange={(next) => changed(list.map((other, index) => (index === at ? next : other)))}
            pointer={pointer + step(at)}
            problem={problem}
            disabled={disabled}
          />
          {!schema.prefixItems && (
            <Button kind="quiet" className="icon" aria-label={`${t.remove}: ${t.item(at + 1)}`} onPress={() => changed(list.filter((_, index) => index !== at))}>
              <span aria-hidden="true">✕</span>
            </Button>
          )}
        </div>
      ))}
      {!full && (
        <div className="row">
          <Button isDisabled={disabled} onPress={() => changed([...list, initialOf(schemaAt(schema, list.length), root) ?? ""])}>
            {t.add}
          </Button>
        </div>
      )}
    </fieldset>
  );
}

/** Some of a few. */
export function ChoicesField({ schema, root, value, onChange, common, disabled }: Ready) {
  const chosen = items(value ?? schema.default);
  const options = resolved(schema.items!, root).enum ?? [];
  return (
    <fieldset className="group">
      <legend>{common.label}</legend>
      {common.help && <p className="quiet-text">{common.help}</p>}
      {common.error && <p className="react-aria-FieldError">{common.error}</p>}
      {options.map((option) => (
        <Checkbox
          key={String(option)}
          label={String(option)}
          disabled={disabled}
          value={chosen.includes(option)}
          onChange={(yes) => onChange(options.filter((one) => (one === option ? yes : chosen.includes(one))))}
        />
      ))}
    </fieldset>
  );
}
