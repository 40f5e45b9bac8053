/** Names and values, such as headers: edited as a list, kept as an object. */
import { useState } from "react";
import { Button } from "../../kit/Button";
import { useTexts } from "../../texts";
import { same, without } from "./places";
import { Suggest, type Suggestions } from "./Suggest";

interface Props {
  label: string;
  add: string;
  help?: string;
  value: Record<string, string> | undefined;
  onChange: (value: Record<string, string> | undefined) => void;
  suggest?: Suggestions;
  wrong?: (name: string) => string | undefined;
}

type Row = [string, string];

const objectOf = (rows: Row[]): Record<string, string> | undefined => {
  const named = rows.filter(([name]) => name);
  return named.length ? Object.fromEntries(named) : undefined;
};

export function Pairs({ label, add, help, value, onChange, suggest, wrong }: Props) {
  const t = useTexts().integrations;
  const [typed, setTyped] = useState<Row[]>(() => Object.entries(value ?? {}));
  const rows = same(objectOf(typed), objectOf(Object.entries(value ?? {}))) ? typed : Object.entries(value ?? {});
  const change = (next: Row[]) => (setTyped(next), onChange(objectOf(next)));
  return (
    <fieldset className="group">
      <legend>{label}</legend>
      {help && <p className="quiet-text">{help}</p>}
      {rows.map(([name, text], at) => (
        <div key={at} className="cells-pair">
          <Suggest label={t.nameOf(label, at + 1)} hideLabel value={name} placeholder={t.name} onChange={(next) => change(rows.map((row, index) => (index === at ? [next, row[1]] : row)))} />
          <Suggest
            label={t.valueOf(name || label)}
            hideLabel
            value={text}
            placeholder={t.value}
            suggest={suggest}
            error={wrong?.(name)}
            onChange={(next) => change(rows.map((row, index) => (index === at ? [row[0], next] : row)))}
          />
          <Button kind="quiet" aria-label={t.removeOf(name || String(at + 1))} onPress={() => change(without(rows, at))}>
            ✕
          </Button>
        </div>
      ))}
      <Button kind="quiet" onPress={() => change([...rows, ["", ""]])}>
        + {add}
      </Button>
    </fieldset>
  );
}
