import { Failure } from "../../kit/Notice";
import { useTexts } from "../../texts";
import type { Script } from "./data";
import type { Form } from "./form";
import { ParameterField } from "./ParameterField";

/** All parameters of a script, and what the server says of them. */
export function ParameterFields({ script, form, onServer }: { script: Script; form: Form; onServer?: boolean }) {
  const t = useTexts().scripts;
  return (
    <div className="fields">
      {script.parameters.length === 0 && <p className="quiet-text">{t.noParameters}</p>}
      {script.parameters.map((one) => (
        <ParameterField key={one.name} parameter={one} value={form.values[one.name]} onChange={(value) => form.set(one.name, value)} error={form.errorOf(one.name)} onServer={onServer} />
      ))}
      {form.problem && !form.toldAtFields && <Failure error={form.problem} />}
    </div>
  );
}
