import { TextField } from "../../kit/Fields";
import type { Endpoint, Json, Param } from "./model";
import { textOf, valueOf } from "./Params";

type Values = Record<string, Json>;

interface Props {
  endpoint: Endpoint;
  value: Values | undefined;
  onChange: (value: Values | undefined) => void;
}

/** Parameters whose values whoever calls gives. */
export function asked(endpoint: Endpoint): Param[] {
  const params = [...(endpoint.pathParams ?? []), ...(endpoint.queryParams ?? []), ...(endpoint.variables ?? [])];
  return params.filter((one) => one.name && !["static", "expression"].includes(one.valueSource ?? ""));
}

/** A field for each of them. */
export function ParamInputs({ endpoint, value, onChange }: Props) {
  const give = (param: Param, text: string) => {
    const { [param.name]: _, ...others } = value ?? {};
    const given = valueOf(text, param.type);
    const next = given === undefined ? others : { ...others, [param.name]: given };
    onChange(Object.keys(next).length ? next : undefined);
  };
  return (
    <div className="cells">
      {asked(endpoint).map((param) => (
        <TextField
          key={param.name}
          label={param.name}
          required={param.required}
          help={param.description}
          placeholder={textOf(param.default)}
          value={textOf(value?.[param.name])}
          onChange={(text) => give(param, text)}
        />
      ))}
    </div>
  );
}
