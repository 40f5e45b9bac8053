/** A filter with few choices, all of them in sight. */
import { ToggleButton, ToggleButtonGroup } from "react-aria-components";
import type { JsonSchema } from "../../api/jsonschema";
import { plain, titleOf } from "../../kit/schema/model";
import { useTexts } from "../../texts";

interface Props {
  name: string;
  schema: JsonSchema;
  value: string;
  /** An empty text is all of them. */
  onChange: (value: string) => void;
}

export function Chips({ name, schema, value, onChange }: Props) {
  const t = useTexts().lists;
  const field = plain(schema.properties?.[name] ?? {}, schema).schema;
  const choices = (field.enum ?? []).map(String);
  return (
    <ToggleButtonGroup
      className="chips"
      aria-label={titleOf(name, field)}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[value || "*"]}
      onSelectionChange={(keys) => onChange([...keys].map(String).find((key) => key !== "*") ?? "")}
    >
      <ToggleButton id="*" className="chip">
        {t.all}
      </ToggleButton>
      {choices.map((choice) => (
        <ToggleButton key={choice} id={choice} className="chip">
          {choice}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
