import { useTexts } from "../../texts";
import { Button } from "../Button";
import { TextField } from "../Fields";
import { initialOf, step, without } from "./model";
import { SchemaField, type Ready } from "./SchemaField";

type Members = Record<string, unknown>;
const members = (value: unknown): Members => (value && typeof value === "object" && !Array.isArray(value) ? (value as Members) : {});

/** The fields of an object, in a frame of their own. One that may be left out is opened first. */
export function FieldsField({ schema, root, value, onChange, pointer, problem, common, required, nullable, disabled }: Ready) {
  const t = useTexts().kit;
  const open = value !== undefined && value !== null;
  const mayBeLeft = !required || nullable;
  return (
    <fieldset className="group">
      <legend>{common.label}</legend>
      {common.help && <p className="quiet-text">{common.help}</p>}
      {common.error && <p className="react-aria-FieldError">{common.error}</p>}
      {(open || !mayBeLeft) &&
        Object.entries(schema.properties ?? {}).map(([name, inner]) => (
          <SchemaField
            key={name}
            name={name}
            schema={inner}
            root={root}
            required={schema.required?.includes(name) ?? false}
            value={members(value)[name]}
            onChange={(next) => onChange(next === undefined ? without(members(value), name) : { ...members(value), [name]: next })}
            pointer={pointer + step(name)}
            problem={problem}
            disabled={disabled}
          />
        ))}
      {mayBeLeft && (
        <div className="row">
          <Button kind="quiet" isDisabled={disabled} onPress={() => onChange(open ? undefined : initialOf(schema, root))}>
            {open ? `${t.remove}: ${common.label}` : `${t.set}: ${common.label}`}
          </Button>
        </div>
      )}
    </fieldset>
  );
}

/** Names that somebody makes up, with values of one kind. */
export function MapField({ schema, root, value, onChange, pointer, problem, common, disabled }: Ready) {
  const t = useTexts().kit;
  const inner = typeof schema.additionalProperties === "object" ? schema.additionalProperties : {};
  const entries = Object.entries(members(value));
  const renamed = (from: string, to: string) => Object.fromEntries(entries.map(([name, one]) => [name === from ? to : name, one]));
  const taken = (name: string) => entries.some(([other]) => other === name);
  const free = [...Array(entries.length + 1).keys()].map((at) => (at ? `name${at + 1}` : "name")).find((name) => !taken(name))!;
  return (
    <fieldset className="group">
      <legend>{common.label}</legend>
      {common.help && <p className="quiet-text">{common.help}</p>}
      {common.error && <p className="react-aria-FieldError">{common.error}</p>}
      {entries.map(([name, one], at) => (
        <div className="pair" key={at}>
          <TextField label={t.name} value={name} disabled={disabled} onChange={(to) => taken(to) || onChange(renamed(name, to))} />
          <SchemaField
            name={name}
            label={t.value}
            schema={inner}
            root={root}
            required
            value={one}
            onChange={(next) => onChange({ ...members(value), [name]: next ?? null })}
            pointer={pointer + step(name)}
            problem={problem}
            disabled={disabled}
          />
          <Button kind="quiet" className="icon" aria-label={`${t.remove}: ${name}`} onPress={() => onChange(without(members(value), name))}>
            <span aria-hidden="true">✕</span>
          </Button>
        </div>
      ))}
      <div className="row">
        <Button isDisabled={disabled} onPress={() => onChange({ ...members(value), [free]: initialOf(inner, root) ?? "" })}>
          {t.add}
        </Button>
      </div>
    </fieldset>
  );
}
