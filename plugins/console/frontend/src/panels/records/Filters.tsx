/** Conditions that all must hold, each made from a field, what is asked of it, and a value. */
import { useState } from "react";
import { Button } from "../../kit/Button";
import { Dialog } from "../../kit/Dialog";
import { Select, TextField } from "../../kit/Fields";
import { useTexts } from "../../texts";
import { needsValue, operatorsOf, valueOf, type Condition, type Operator } from "./conditions";
import { labelOf, type Field, type ShardType } from "./model";

interface Props {
  type: ShardType;
  conditions: readonly Condition[];
  onChange: (conditions: Condition[]) => void;
}

export function Filters({ type, conditions, onChange }: Props) {
  const t = useTexts().records;
  const [open, setOpen] = useState(false);
  const told = ({ field: name, operator, value }: Condition): string => {
    const field = type.fields.find((one) => one.name === name)!;
    return [labelOf(field), t.operators[operator], needsValue(operator) ? written(field, value) : ""].join(" ").trim();
  };
  return (
    <div className="row records-filters">
      {conditions.map((one, at) => (
        <span key={at} className="badge plain records-condition">
          {told(one)}
          <Button kind="quiet" className="icon" aria-label={t.removeFilter(told(one))} onPress={() => onChange(conditions.filter((_, other) => other !== at))}>
            <span aria-hidden="true">✕</span>
          </Button>
        </span>
      ))}
      {type.fields.length > 0 && <Button onPress={() => setOpen(true)}>{t.addFilter}</Button>}
      <Dialog title={t.addFilter} open={open} onClose={() => setOpen(false)}>
        <NewCondition
          type={type}
          onMade={(made) => {
            onChange([...conditions, made]);
            setOpen(false);
          }}
        />
      </Dialog>
    </div>
  );
}

const written = (field: Field, value: unknown): string =>
  field.options?.find((one) => one.value === value)?.label || (Array.isArray(value) ? value.join(", ") : String(value));

function NewCondition({ type, onMade }: { type: ShardType; onMade: (made: Condition) => void }) {
  const t = useTexts().records;
  const kit = useTexts().kit;
  const [name, setName] = useState(type.fields[0]!.name);
  const field = type.fields.find((one) => one.name === name)!;
  const offered = operatorsOf(field);
  const [chosen, setOperator] = useState<Operator>(offered[0]!);
  const operator = offered.includes(chosen) ? chosen : offered[0]!;
  const [text, setText] = useState("");
  const value = valueOf(field, operator, text);
  return (
    <form
      className="fields"
      onSubmit={(event) => {
        event.preventDefault();
        if (value !== undefined) onMade({ field: name, operator, value });
      }}
    >
      <Select
        label={t.field}
        value={name}
        options={type.fields.map((one) => ({ value: one.name, label: labelOf(one) }))}
        onChange={(next) => {
          setName(next);
          setText("");
        }}
      />
      <Select
        label={t.condition}
        value={operator}
        options={offered.map((one) => ({ value: one, label: t.operators[one] }))}
        onChange={(next) => setOperator(next as Operator)}
      />
      {needsValue(operator) && <ValueField field={field} text={text} onChange={setText} />}
      <div className="row end">
        <Button type="submit" kind="primary" isDisabled={value === undefined}>
          {kit.add}
        </Button>
      </div>
    </form>
  );
}

const EXAMPLES: Partial<Record<string, string>> = { date: "2026-01-31", datetime: "2026-01-31T12:00:00Z" };

function ValueField({ field, text, onChange }: { field: Field; text: string; onChange: (text: string) => void }) {
  const kit = useTexts().kit;
  const kind = field.type === "array" ? (field.items ?? "text") : field.type;
  const options =
    kind === "boolean"
      ? [
          { value: "true", label: kit.yes },
          { value: "false", label: kit.no },
        ]
      : field.options?.map((one) => ({ value: one.value, label: one.label || one.value }));
  if (options) return <Select label={kit.value} value={text} options={options} onChange={onChange} />;
  const wrong = text !== "" && valueOf(field, "eq", text) === undefined ? kit.notNumber : undefined;
  return <TextField label={kit.value} value={text} error={wrong} placeholder={EXAMPLES[kind]} onChange={onChange} />;
}
