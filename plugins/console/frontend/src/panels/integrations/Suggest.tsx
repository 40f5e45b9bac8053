/** A text that can be completed: placeholders of templates, JSONPaths, names of fields. Anything else may be typed too. */
import { useMemo, useState, type ReactNode } from "react";
import { ComboBox, FieldError, Input, Label, ListBox, ListBoxItem, Popover, Text } from "react-aria-components";

export interface Suggestion {
  /** The whole text after it was chosen. */
  text: string;
  label?: string;
  help?: string;
}

export type Suggestions = (typed: string) => Suggestion[];

interface Props {
  label: string;
  hideLabel?: boolean;
  value: string;
  onChange: (value: string) => void;
  suggest?: Suggestions;
  onFocus?: () => void;
  help?: ReactNode;
  error?: string;
  placeholder?: string;
  required?: boolean;
  code?: boolean;
  /** A button beside the text. */
  aside?: ReactNode;
}

const NONE: Suggestions = () => [];
const MOST = 30;

export function Suggest({ label, hideLabel, value, onChange, suggest = NONE, onFocus, help, error, placeholder, required, code = true, aside }: Props) {
  const [focused, setFocused] = useState(false);
  // nothing is looked up for the many that nobody types in
  const items = useMemo(() => (focused ? suggest(value).slice(0, MOST) : []), [focused, suggest, value]);
  return (
    <ComboBox
      className="field"
      allowsCustomValue
      allowsEmptyCollection={false}
      menuTrigger="input"
      inputValue={value}
      selectedKey={items.some((one) => one.text === value) ? value : null}
      onInputChange={onChange}
      onSelectionChange={(key) => key !== null && onChange(String(key))}
      items={items.map((one) => ({ id: one.text, ...one }))}
      isRequired={required}
      isInvalid={!!error}
      validationBehavior="aria"
      onFocus={() => (setFocused(true), onFocus?.())}
      onBlur={() => setFocused(false)}
    >
      <Label className={hideLabel ? "visually-hidden" : undefined}>{label}</Label>
      <div className="beside">
        <Input className={code ? "control code" : "control"} placeholder={placeholder} spellCheck={false} autoComplete="off" />
        {aside}
      </div>
      {help && <Text slot="description">{help}</Text>}
      <FieldError>{error}</FieldError>
      <Popover className="popover">
        <ListBox className="options">
          {(item: Suggestion & { id: string }) => (
            <ListBoxItem id={item.id} className="option" textValue={item.text}>
              <Text slot="label" className="code-text">
                {item.label ?? item.text}
              </Text>
              {item.help && <Text slot="description">{item.help}</Text>}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
