/** One parameter as a field: what it is, what it takes, what is wrong with it. */
import { Checkbox, Select, TextField } from "../../kit/Fields";
import { titleOf } from "../../kit/schema/model";
import { useTexts } from "../../texts";
import type { Parameter } from "./data";
import { FileField } from "./FileField";
import type { FileValue } from "./values";

interface Props {
  parameter: Parameter;
  value: unknown;
  onChange: (value: unknown) => void;
  error: string | undefined;
  onServer?: boolean;
}

const LONG = 500; // characters; from there on there are lines to write in

export function ParameterField({ parameter, value, onChange, error, onServer }: Props) {
  const t = useTexts();
  const { type, required, choices, extensions } = parameter;
  const help = useHelp(parameter);
  const field = { label: titleOf(parameter.name), help, error, required };
  const text = value === undefined || value === null ? "" : String(value);
  const placeholder = parameter.default === null ? undefined : String(parameter.default);
  switch (type) {
    case "boolean":
      return <Checkbox {...field} value={Boolean(value)} onChange={onChange} />;
    case "choice": {
      const options = choices.map((one) => ({ value: one, label: one }));
      const open = !required && parameter.default === null;
      return <Select {...field} value={text || (open ? "-" : "")} options={open ? [{ value: "-", label: t.kit.notSet }, ...options] : options} onChange={(next) => onChange(next === "-" ? undefined : next)} />;
    }
    case "multi-choice":
      return <Choices {...field} choices={choices} value={Array.isArray(value) ? value.map(String) : []} onChange={onChange} />;
    case "file":
      return <FileField {...field} extensions={extensions} value={value as FileValue | undefined} onChange={onChange} onServer={onServer} />;
    case "secret":
      return <TextField {...field} type="password" autoComplete="off" value={text} onChange={onChange} />;
    case "date":
      return <TextField {...field} type="date" value={text} onChange={onChange} />;
    case "int":
    case "float":
      return <TextField {...field} inputMode={type === "int" ? "numeric" : "decimal"} value={text} placeholder={placeholder} onChange={onChange} />;
    default:
      return <TextField {...field} lines={(parameter.max_length ?? 0) >= LONG || text.includes("\n") ? 4 : undefined} value={text} placeholder={placeholder} onChange={onChange} />;
  }
}

/** The description, and then what is taken. */
function useHelp({ description, min, max, max_length: longest, regex, extensions, type }: Parameter): string {
  const t = useTexts().scripts;
  const bounds =
    min !== null && max !== null ? t.between(String(min), String(max)) : min !== null ? t.atLeast(String(min)) : max !== null ? t.atMost(String(max)) : "";
  const taken = [
    bounds,
    longest !== null && t.longest(longest),
    regex && t.matches(regex),
    extensions.length > 0 && t.endsIn(extensions.join(", ")),
    type === "secret" && t.isSecret,
  ].filter(Boolean);
  return [description && (/[.!?]$/.test(description) ? description : `${description}.`), ...taken].filter(Boolean).join(" ");
}

interface ChoicesProps {
  label: string;
  help: string;
  error: string | undefined;
  choices: readonly string[];
  value: readonly string[];
  onChange: (value: string[]) => void;
}

function Choices({ label, help, error, choices, value, onChange }: ChoicesProps) {
  const toggle = (choice: string, on: boolean) => onChange(choices.filter((one) => (one === choice ? on : value.includes(one))));
  return (
    <fieldset className="field">
      <legend>{label}</legend>
      <div className="row">
        {choices.map((choice) => (
          <Checkbox key={choice} label={choice} value={value.includes(choice)} onChange={(on) => toggle(choice, on)} />
        ))}
      </div>
      {help && <span className="help">{help}</span>}
      {error && (
        <span className="react-aria-FieldError" role="alert">
          {error}
        </span>
      )}
    </fieldset>
  );
}
