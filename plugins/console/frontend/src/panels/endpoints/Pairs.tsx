import { Input, Label, TextField } from "react-aria-components";
import { Button } from "../../kit/Button";
import { useTexts } from "../../texts";
import { isSecret, MASK, type Pair } from "./model";

interface Props {
  label: string;
  value: readonly Pair[];
  onChange: (value: Pair[]) => void;
  wrong?: (name: string) => string | undefined;
  /** Values whose names say that they are credentials are hidden. */
  secrets?: boolean;
}

/** Names and values, in an order, one pair a line. */
export function Pairs({ label, value, onChange, wrong, secrets = false }: Props) {
  const t = useTexts().endpoints;
  const put = (at: number, pair: Pair) => onChange(value.map((one, index) => (index === at ? pair : one)));
  return (
    <fieldset className="group">
      <legend>{label}</legend>
      {value.map(([name, text], at) => (
        <div key={at} className="ep-pair">
          <Plain label={t.nameOf(label, at + 1)} placeholder={t.name} value={name} onChange={(next) => put(at, [next, text])} />
          <Plain
            label={t.valueOf(name || String(at + 1))}
            placeholder={t.value}
            hidden={secrets && isSecret(name) && text !== MASK}
            value={text}
            onChange={(next) => put(at, [name, next])}
          />
          <Button kind="quiet" className="icon" aria-label={t.take(name || String(at + 1))} onPress={() => onChange(value.filter((_, index) => index !== at))}>
            <span aria-hidden="true">✕</span>
          </Button>
          {secrets && <Told name={name} text={text} wrong={wrong?.(name)} />}
        </div>
      ))}
      <div>
        <Button kind="quiet" onPress={() => onChange([...value, ["", ""]])}>
          + {t.add}
        </Button>
      </div>
    </fieldset>
  );
}

function Told({ name, text, wrong }: { name: string; text: string; wrong: string | undefined }) {
  const t = useTexts().endpoints;
  if (wrong) return <p className="react-aria-FieldError">{wrong}</p>;
  if (!isSecret(name)) return null;
  if (text === MASK) return <p className="quiet-text">{t.maskHelp}</p>;
  return text === "" ? <p className="quiet-text">{t.typeAgain}</p> : null;
}

interface PlainProps {
  label: string;
  placeholder: string;
  value: string;
  hidden?: boolean;
  onChange: (value: string) => void;
}

const Plain = ({ label, placeholder, value, hidden, onChange }: PlainProps) => (
  <TextField value={value} onChange={onChange} type={hidden ? "password" : "text"}>
    <Label className="visually-hidden">{label}</Label>
    <Input className="control code" placeholder={placeholder} spellCheck={false} autoComplete={hidden ? "new-password" : "off"} />
  </TextField>
);
