import { CheckboxGroup, Checkbox as Box, FieldError, Label, Text } from "react-aria-components";
import { Checkbox, TextField } from "../../kit/Fields";
import { useTexts } from "../../texts";
import type { Editing } from "./editing";
import { METHODS } from "./model";

/** How it is called, where it is served, for whom. */
export function SettingsCard({ editing }: { editing: Editing }) {
  const t = useTexts().endpoints;
  const { draft, set, wrong } = editing;
  return (
    <section className="card stack" aria-label={t.address}>
      <h2>{t.address}</h2>
      <TextField label={t.fields.name} required value={draft.name} onChange={(name) => set({ name })} help={t.nameHelp} error={wrong("/name")} />
      <TextField
        label={t.path}
        code
        placeholder="/e/sales/{region}"
        value={draft.path}
        onChange={(path) => set({ path })}
        help={t.pathHelp}
        error={wrong("/path")}
      />
      <TextField
        label={t.refresh}
        value={draft.refresh}
        onChange={(refresh) => set({ refresh })}
        help={t.refreshHelp}
        error={wrong("/endpoint_data/refresh_interval")}
      />
      <Checkbox label={t.public} value={draft.open} onChange={(open) => set({ open })} help={t.publicHelp} error={wrong("/public")} />
      <More editing={editing} />
    </section>
  );
}

function More({ editing: { draft, set, wrong } }: { editing: Editing }) {
  const t = useTexts().endpoints;
  const pointers = ["/methods", "/project_id", "/description", "/endpoint_data/sandbox"];
  const open = draft.methods.length !== 1 || draft.methods[0] !== "GET" || pointers.some((pointer) => wrong(pointer));
  return (
    <details open={open || undefined}>
      <summary>
        {t.methods}, {t.project}, {t.description}, {t.sandbox}
      </summary>
      <div className="stack">
        <CheckboxGroup className="field" value={draft.methods} onChange={(methods) => set({ methods: METHODS.filter((one) => methods.includes(one)) })} isInvalid={!!wrong("/methods")}>
          <Label>{t.methods}</Label>
          <div className="row">
            {METHODS.map((method) => (
              <Box key={method} value={method} className="checkbox">
                <span className="box" aria-hidden="true" />
                {method}
              </Box>
            ))}
          </div>
          <FieldError>{wrong("/methods")}</FieldError>
          <Text slot="description" />
        </CheckboxGroup>
        <TextField label={t.project} required value={draft.project} onChange={(project) => set({ project })} error={wrong("/project_id")} />
        <TextField label={t.description} lines={2} value={draft.description} onChange={(description) => set({ description })} error={wrong("/description")} />
        <TextField label={t.sandbox} code value={draft.sandbox} onChange={(sandbox) => set({ sandbox })} help={t.sandboxHelp} error={wrong("/endpoint_data/sandbox")} />
      </div>
    </details>
  );
}
