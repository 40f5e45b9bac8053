/** Form fields: a label, a control, what it is for, what is wrong with it. All of them are controlled. */
import type { ReactNode } from "react";
import {
  Checkbox as AriaCheckbox,
  FieldError,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select as AriaSelect,
  SelectValue,
  Button as Pressed,
  Text,
  TextArea as AriaTextArea,
  TextField as AriaTextField,
} from "react-aria-components";

interface Common {
  label: string;
  help?: ReactNode;
  error?: string;
  required?: boolean;
  disabled?: boolean;
}

export interface TextProps extends Common {
  value: string;
  onChange: (value: string) => void;
  type?: "text" | "password" | "email" | "url" | "number" | "search" | "date" | "datetime-local";
  lines?: number;
  code?: boolean;
  placeholder?: string;
  autoComplete?: string;
  autoFocus?: boolean;
  inputMode?: "numeric" | "decimal";
  name?: string;
  readOnly?: boolean;
}

export function TextField({ label, help, error, required, disabled, readOnly, lines, code, placeholder, ...props }: TextProps) {
  const control = code ? "control code" : "control";
  return (
    <AriaTextField {...props} isRequired={required} isDisabled={disabled} isReadOnly={readOnly} isInvalid={!!error} validationBehavior="aria" className="field">
      <Label>{label}</Label>
      {lines ? (
        <AriaTextArea rows={lines} className={control} placeholder={placeholder} spellCheck={!code} />
      ) : (
        <Input className={control} placeholder={placeholder} spellCheck={!code} />
      )}
      {help && <Text slot="description">{help}</Text>}
      <FieldError>{error}</FieldError>
    </AriaTextField>
  );
}

export interface Option {
  value: string;
  label: string;
  help?: string;
}

export interface SelectProps extends Common {
  value: string;
  onChange: (value: string) => void;
  options: readonly Option[];
}

export function Select({ label, help, error, required, disabled, value, onChange, options }: SelectProps) {
  return (
    <AriaSelect
      className="field"
      isRequired={required}
      isDisabled={disabled}
      isInvalid={!!error}
      validationBehavior="aria"
      selectedKey={value || null}
      onSelectionChange={(key) => onChange(String(key ?? ""))}
    >
      <Label>{label}</Label>
      <Pressed className="control choice">
        <SelectValue />
        <span aria-hidden="true">▾</span>
      </Pressed>
      {help && <Text slot="description">{help}</Text>}
      <FieldError>{error}</FieldError>
      <Popover className="popover">
        <ListBox className="options" items={options.map((option) => ({ id: option.value, ...option }))}>
          {(option) => (
            <ListBoxItem className="option" textValue={option.label}>
              <span>{option.label}</span>{" "}
              {option.help && <span className="option-help">{option.help}</span>}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}

export interface CheckboxProps extends Common {
  value: boolean;
  onChange: (value: boolean) => void;
  /** The label is only said, not shown. */
  hidden?: boolean;
}

export function Checkbox({ label, help, error, disabled, value, onChange, hidden }: CheckboxProps) {
  return (
    <div className="field">
      <AriaCheckbox className="checkbox" isSelected={value} onChange={onChange} isDisabled={disabled} isInvalid={!!error}>
        <span className="box" aria-hidden="true" />
        <span className={hidden ? "visually-hidden" : undefined}>{label}</span>
      </AriaCheckbox>
      {help && <span className="help">{help}</span>}
      {error && <span className="react-aria-FieldError">{error}</span>}
    </div>
  );
}
