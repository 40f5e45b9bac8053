/** The fields of a type, one below the other; what few of them need is shown when it is asked for. */
import { useState } from "react";
import type { Problem } from "../../api/problem";
import { Button } from "../../kit/Button";
import { Checkbox, Select, TextField } from "../../kit/Fields";
import { useTexts } from "../../texts";
import { isNumber, TYPES, type Field, type FieldType } from "./model";

interface Props {
  fields: readonly Field[];
  onChange: (fields: Field[]) => void;
  problem: Problem | null;
}

export function FieldRows({ fields, onChange, problem }: Props) {
  const t = useTexts().records;
  const put = (at: number, field: Field) => onChange(fields.map((one, other) => (other === at ? field : one)));
  const move = (at: number, to: number) => {
    const copy = [...fields];
    copy.splice(to, 0, ...copy.splice(at, 1));
    onChange(copy);
  };
  return (
    <fieldset className="group">
      <legend>{t.fields}</legend>
      {fields.length === 0 && <p className="quiet-text">{t.noFields}</p>}
      {fields.map((field, at) => (
        <FieldRow
          key={at}
          at={at}
          field={field}
          problem={problem}
          onChange={(next) => put(at, next)}
          onUp={at > 0 ? () => move(at, at - 1) : undefined}
          onRemove={() => onChange(fields.filter((_, other) => other !== at))}
        />
      ))}
      <div className="row">
        <Button onPress={() => onChange([...fields, { name: "", type: "text" }])}>{t.addField}</Button>
      </div>
    </fieldset>
  );
}

interface RowProps {
  at: number;
  field: Field;
  problem: Problem | null;
  onChange: (field: Field) => void;
  onUp?: () => void;
  onRemove: () => void;
}

function FieldRow({ at, field, problem, onChange, onUp, onRemove }: RowProps) {
  const t = useTexts().records;
  const kit = useTexts().kit;
  const [more, setMore] = useState(false);
  const place = `/fields/${at}`;
  const set = (part: Partial<Field>) => onChange({ ...field, ...part });
  const called = field.name || t.fieldAt(at + 1);
  const wrong = problem?.at(place);
  const open = more || field.type === "select" || field.type === "array";
  return (
    <div className="records-field" role="group" aria-label={called}>
      <div className="records-field-main">
        <TextField label={t.name} required value={field.name} error={problem?.at(`${place}/name`)} onChange={(name) => set({ name })} />
        <Select
          label={t.kind}
          value={field.type}
          options={TYPES.map((one) => ({ value: one, label: t.kinds[one] }))}
          error={problem?.at(`${place}/type`)}
          onChange={(type) => onChange(withKind(field, type as FieldType))}
        />
        <TextField label={t.label} value={field.label ?? ""} error={problem?.at(`${place}/label`)} onChange={(label) => set({ label })} />
        <Checkbox label={t.required} value={!!field.required} onChange={(required) => set({ required })} />
      </div>
      <div className="row records-field-tools">
        <Button kind="quiet" aria-expanded={open} onPress={() => setMore(!more)}>
          {t.more}
        </Button>
        {onUp && (
          <Button kind="quiet" className="icon" aria-label={`${kit.moveUp}: ${called}`} onPress={onUp}>
            <span aria-hidden="true">↑</span>
          </Button>
        )}
        <Button kind="quiet" className="icon" aria-label={`${kit.remove}: ${called}`} onPress={onRemove}>
          <span aria-hidden="true">✕</span>
        </Button>
      </div>
      {wrong && <p className="react-aria-FieldError">{wrong}</p>}
      {open && <Further field={field} set={set} problem={problem} place={place} />}
    </div>
  );
}

/** Another type has no use for what the one before was told. */
const withKind = ({ name, label, description, group, required }: Field, type: FieldType): Field => ({
  name, label, description, group, required, type, ...(type === "select" && { options: [{ value: "" }] }),
});

interface FurtherProps {
  field: Field;
  set: (part: Partial<Field>) => void;
  problem: Problem | null;
  place: string;
}

function Further({ field, set, problem, place }: FurtherProps) {
  const t = useTexts().records;
  const limit = (name: "min" | "max" | "maxLength", label: string) => (
    <TextField
      label={label}
      inputMode="decimal"
      value={field[name] === undefined || field[name] === null ? "" : String(field[name])}
      error={problem?.at(`${place}/${name}`)}
      onChange={(text) => set({ [name]: text.trim() === "" ? null : Number.isNaN(Number(text)) ? text : Number(text) })}
    />
  );
  return (
    <div className="records-field-main">
      {field.type === "select" && (
        <TextField
          label={t.options}
          help={t.optionsHelp}
          lines={3}
          required
          value={(field.options ?? []).map((one) => (one.label ? `${one.value} = ${one.label}` : one.value)).join("\n")}
          error={problem?.at(`${place}/options`) ?? problem?.at(`${place}/options/0/value`)}
          onChange={(text) => set({ options: optionsOf(text) })}
        />
      )}
      {field.type === "array" && (
        <Select
          label={t.items}
          value={field.items ?? ""}
          options={TYPES.filter((one) => one !== "select").map((one) => ({ value: one, label: t.kinds[one] }))}
          error={problem?.at(`${place}/items`)}
          onChange={(items) => set({ items: items as FieldType })}
        />
      )}
      {isNumber(field) && limit("min", t.min)}
      {isNumber(field) && limit("max", t.max)}
      {!isNumber(field) && !["boolean", "object", "json"].includes(field.type) && limit("maxLength", t.maxLength)}
      <TextField label={t.description} value={field.description ?? ""} error={problem?.at(`${place}/description`)} onChange={(description) => set({ description })} />
    </div>
  );
}

/** One on each line, with a label behind an equals sign. */
const optionsOf = (text: string) =>
  text.split("\n").map((line) => {
    const [value = "", ...label] = line.split(" = ");
    return label.length ? { value, label: label.join(" = ") } : { value: line };
  });
