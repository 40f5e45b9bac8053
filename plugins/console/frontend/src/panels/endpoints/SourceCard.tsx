import type { FormEvent } from "react";
import { Button } from "../../kit/Button";
import { TextField } from "../../kit/Fields";
import { Failure } from "../../kit/Notice";
import { useTexts } from "../../texts";
import type { Editing } from "./editing";
import type { Fetching } from "./fetching";
import { Pairs } from "./Pairs";

/** The address of the data, and what is sent along. */
export function SourceCard({ editing, fetching }: { editing: Editing; fetching: Fetching }) {
  const t = useTexts().endpoints;
  const { draft, set, wrong } = editing;
  const submit = (event: FormEvent) => (event.preventDefault(), void fetching.fetch());
  const own = fetching.problem?.errors.length ? fetching.problem : null;
  const of = (part: "params" | "headers") => (name: string) => wrong(`/endpoint_data/${part}/${name}`) ?? own?.at(`/${part}/${name}`);
  const count = draft.params.length + draft.headers.length;
  return (
    <section className="card stack" aria-label={t.source}>
      <form className="ep-source" onSubmit={submit}>
        <TextField
          label={t.url}
          type="url"
          code
          required
          placeholder="https://api.example.com/sales.json"
          help={t.urlHelp}
          value={draft.endpoint}
          onChange={(endpoint) => set({ endpoint })}
          error={wrong("/endpoint") ?? own?.at("/endpoint")}
        />
        <Button type="submit" isDisabled={fetching.busy || !draft.endpoint}>
          {fetching.busy ? t.fetching : t.fetch}
        </Button>
      </form>
      {fetching.problem && <Failure error={fetching.problem} />}
      <details open={wrong("/endpoint_data/headers") !== undefined || undefined}>
        <summary>
          {t.paramsAndHeaders}
          {count > 0 && ` (${count})`}
        </summary>
        <div className="split">
          <Pairs label={t.params} value={draft.params} onChange={(params) => set({ params })} wrong={of("params")} secrets />
          <Pairs label={t.headers} value={draft.headers} onChange={(headers) => set({ headers })} wrong={of("headers")} secrets />
        </div>
      </details>
    </section>
  );
}
