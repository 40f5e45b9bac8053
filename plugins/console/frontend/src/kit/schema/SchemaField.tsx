/** One field, as its schema wants it. */
import { useState } from "react";
import type { JsonSchema } from "../../api/jsonschema";
import type { Problem } from "../../api/problem";
import { useTexts } from "../../texts";
import { Checkbox, Select, TextField } from "../Fields";
import { FieldsField, MapField } from "./ObjectFields";
import { ChoicesField, ListField } from "./ListField";
import { JsonField } from "./JsonField";
import { MASK, plain, shapeOf, titleOf, typesOf } from "./model";
import { PanelChoice } from "./PanelChoice";
import { DayField, TimeField } from "./TimeField";
import { UnionField } from "./UnionField";

export interface FieldProps {
  name: string;
  schema: JsonSchema;
  root: JsonSchema;
  required: boolean;
  value: unknown;
  /** undefined leaves it to the server's default. */
  onChange: (value: unknown) => void;
  pointer: string;
  problem: Problem | null;
  disabled?: boolean;
  /** Instead of the name. */
  label?: string;
}

/** What the widgets below share. */
export interface Ready extends FieldProps {
  label: string;
  nullable: boolean;
  common: { label: string; help?: string; error?: string; required: boolean; disabled?: boolean };
}

export function SchemaField(props: FieldProps) {
  const { schema, nullable } = plain(props.schema, props.root);
  const label = props.label ?? titleOf(props.name, schema);
  const common = { label, help: schema.description, error: props.problem?.at(props.pointer), required: props.required, disabled: props.disabled };
  const ready: Ready = { ...props, schema, label, nullable, common };
  if (schema["x-panel"]) return <PanelChoice {...ready} panel={schema["x-panel"]} />;
  switch (shapeOf(schema, props.root)) {
    case "hidden":
      return null;
    case "secret":
      return <SecretField {...ready} />;
    case "text":
      if (schema.format === "date") return <DayField {...ready} />;
      return schema.format === "date-time" ? <TimeField {...ready} /> : <WordField {...ready} />;
    case "number":
      return <NumberField {...ready} />;
    case "yesNo":
      return <YesNoField {...ready} />;
    case "choice":
      return <ChoiceField {...ready} />;
    case "choices":
      return <ChoicesField {...ready} />;
    case "fields":
      return <FieldsField {...ready} />;
    case "map":
      return <MapField {...ready} />;
    case "list":
    case "tuple":
      return <ListField {...ready} />;
    case "union":
      return <UnionField {...ready} />;
    default:
      return <JsonField {...ready} />;
  }
}

const shown = (value: unknown): string => (value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value));

/** An emptied field is left to the server, where that has something to put there; where it must be given, it is "". */
const emptied = ({ required }: Ready, text: string): string | undefined => (text === "" && !required ? undefined : text);

const LONG = 1000;

function WordField(field: Ready) {
  const { schema, value, onChange, common } = field;
  const text = shown(value);
  const lines = text.includes("\n") || (schema.maxLength ?? 0) > LONG ? Math.min(12, Math.max(3, text.split("\n").length)) : undefined;
  const type = schema.format === "email" ? "email" : schema.format === "uri" ? "url" : "text";
  return (
    <TextField {...common} type={type} lines={lines} value={text} placeholder={shown(schema.default)} onChange={(next) => onChange(emptied(field, next))} />
  );
}

function SecretField(field: Ready) {
  const t = useTexts().kit;
  const { value, onChange, common } = field;
  const [kept] = useState(value === MASK);
  return (
    <TextField
      {...common}
      type="password"
      autoComplete="off"
      value={value === MASK ? "" : shown(value)}
      placeholder={kept ? t.keptSecret : ""}
      onChange={(next) => onChange(next === "" && kept ? MASK : emptied(field, next))}
    />
  );
}

function NumberField(field: Ready) {
  const t = useTexts().kit;
  const { schema, value, onChange, common } = field;
  const [text, setText] = useState(shown(value));
  const [last, setLast] = useState(value);
  if (!Object.is(last, value)) {
    setLast(value);
    if (read(text) !== value) setText(shown(value));
  }
  const change = (next: string) => {
    setText(next);
    setLast(read(next));
    onChange(read(next));
  };
  const wrong = typeof read(text) === "string" ? t.notNumber : undefined;
  return (
    <TextField {...common} error={wrong ?? common.error} inputMode={typesOf(schema)[0] === "integer" ? "numeric" : "decimal"} value={text} placeholder={shown(schema.default)} onChange={change} />
  );
}

/** What is no number is kept as it is: the server refuses it, and nothing that was typed is gone. */
function read(text: string): number | string | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  const found = Number(trimmed);
  return Number.isFinite(found) ? found : trimmed;
}

function YesNoField({ schema, value, onChange, common, nullable }: Ready) {
  const t = useTexts().kit;
  if (!nullable) return <Checkbox {...common} value={Boolean(value ?? schema.default)} onChange={onChange} />;
  const options = [
    { value: "", label: t.notSet },
    { value: "true", label: t.yes },
    { value: "false", label: t.no },
  ];
  const chosen = value === undefined || value === null ? "" : String(value);
  return <Select {...common} value={chosen} options={options} onChange={(next) => onChange(next === "" ? undefined : next === "true")} />;
}

function ChoiceField({ schema, value, onChange, common, required }: Ready) {
  const t = useTexts().kit;
  const values = schema.enum!;
  const options = values.map((one) => ({ value: JSON.stringify(one), label: shown(one) || t.none }));
  const open = !required && schema.default === undefined;
  const chosen = value ?? schema.default;
  return (
    <Select
      {...common}
      value={chosen === undefined || chosen === null ? "" : JSON.stringify(chosen)}
      options={open ? [{ value: "", label: t.notSet }, ...options] : options}
      onChange={(next) => onChange(next === "" ? undefined : JSON.parse(next))}
    />
  );
}
