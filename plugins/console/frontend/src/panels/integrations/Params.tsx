import { Button } from "../../kit/Button";
import { Checkbox, Select } from "../../kit/Fields";
import { useTexts } from "../../texts";
import { useBuilder } from "./draft";
import { type Endpoint, type Json, type Param } from "./model";
import { without } from "./places";
import { Suggest, type Suggestions } from "./Suggest";

interface Props {
  part: "queryParams" | "pathParams" | "variables";
  at: number;
  endpoint: Endpoint;
  suggest: Suggestions;
}

const TYPES = ["string", "number", "boolean", "array"];
const SOURCES = ["static", "variable", "expression"];

export const freshParam = (part: Props["part"]): Param => ({ name: "", required: part === "pathParams", type: "string" });

/** Parameters of one part of a request: what they are called, and where their values come from. */
export function Params({ part, at, endpoint, suggest }: Props) {
  const t = useTexts().integrations;
  const { set } = useBuilder();
  const params = endpoint[part] ?? [];
  const put = (next: Param[]) => set(["endpoints", at, part], next.length ? next : undefined);
  return (
    <fieldset className="group">
      <legend>{t.parts[part]}</legend>
      {params.map((param, index) => (
        <ParamRow
          key={index}
          param={param}
          suggest={suggest}
          place={`/endpoints/${at}/${part}/${index}`}
          number={index + 1}
          onChange={(next) => put(params.map((one, other) => (other === index ? next : one)))}
          onRemove={() => put(without(params, index))}
        />
      ))}
      <Button kind="quiet" onPress={() => put([...params, freshParam(part)])}>
        + {t.addParam[part]}
      </Button>
    </fieldset>
  );
}

interface RowProps {
  param: Param;
  place: string;
  number: number;
  suggest: Suggestions;
  onChange: (param: Param) => void;
  onRemove: () => void;
}

/** What somebody typed as a value: JSON where it is not meant as a text. */
export function valueOf(text: string, type: string | undefined): Json {
  if (text === "") return undefined;
  if (type === "string" || text.includes("{{")) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export const textOf = (value: Json): string => (value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value));

function ParamRow({ param, place, number, suggest, onChange, onRemove }: RowProps) {
  const t = useTexts().integrations;
  const { wrong } = useBuilder();
  const put = (name: keyof Param, value: Json) => onChange({ ...param, [name]: value });
  const fixed = param.valueSource !== undefined;
  const called = param.name || String(number);
  return (
    <div className="param" role="group" aria-label={t.paramOf(called)}>
      <Suggest label={t.name} value={param.name} onChange={(name) => put("name", name)} error={wrong(`${place}/name`)} />
      <Select label={t.valueType} value={param.type ?? "string"} onChange={(type) => put("type", type)} options={TYPES.map((type) => ({ value: type, label: t.valueTypes[type as "string"] }))} error={wrong(`${place}/type`)} />
      <Select
        label={t.source}
        value={param.valueSource ?? "given"}
        onChange={(source) => put("valueSource", source === "given" ? undefined : source)}
        options={["given", ...SOURCES].map((source) => ({ value: source, label: t.sources[source as "given"].title, help: t.sources[source as "given"].help }))}
        error={wrong(`${place}/valueSource`)}
      />
      <Suggest
        label={fixed ? t.value : t.defaultValue}
        value={textOf(fixed ? param.value : param.default)}
        suggest={suggest}
        onChange={(text) => put(fixed ? "value" : "default", valueOf(text, param.type))}
        error={wrong(`${place}/value`) ?? wrong(`${place}/default`)}
      />
      <div className="row param-end">
        <Checkbox label={t.required} value={!!param.required} onChange={(value) => put("required", value)} />
        <Button kind="quiet" aria-label={t.removeOf(called)} onPress={onRemove}>
          ✕
        </Button>
      </div>
    </div>
  );
}
