import { Checkbox, Select, TextField } from "../../kit/Fields";
import { useTexts } from "../../texts";
import { useBuilder } from "./draft";
import type { Endpoint, Json } from "./model";
import { textOf, valueOf } from "./Params";
import { isObject } from "./places";

interface Props {
  at: number;
  endpoint: Endpoint;
}

const DECODERS = ["json", "jsonl", "csv", "xml"] as const;

/** What few endpoints need: parents, changes only, rates, other formats. */
export function Advanced({ at, endpoint }: Props) {
  const t = useTexts().integrations;
  const { problem } = useBuilder();
  const used = ["forEach", "incremental", "rateLimit", "decoder", "idempotencyHeader", "failOnRecordError", "description"].some((name) => endpoint[name] !== undefined);
  const wrong = problem.errors.some((one) => /^\/endpoints\/\d+\/(forEach|incremental|rateLimit|decoder)/.test(one.pointer ?? "") && one.pointer!.startsWith(`/endpoints/${at}/`));
  return (
    <details className="card" open={used || wrong || undefined}>
      <summary>{t.further}</summary>
      <div className="stack">
        <ForEach at={at} endpoint={endpoint} />
        <Incremental at={at} endpoint={endpoint} />
        <Rest at={at} endpoint={endpoint} />
      </div>
    </details>
  );
}

/** A part of an endpoint that is there as soon as one of its members is. */
function usePart(at: number, endpoint: Endpoint, part: string) {
  const { set, wrong } = useBuilder();
  const given = endpoint[part];
  const value = isObject(given) ? given : {};
  const put = (name: string, next: Json) => {
    const { [name]: _, ...others } = value;
    const made = next === undefined || next === "" ? others : { ...others, [name]: next };
    set(["endpoints", at, part], Object.keys(made).length ? made : undefined);
  };
  const place = `/endpoints/${at}/${part}`;
  return { value, put, error: (name: string) => wrong(`${place}/${name}`), whole: wrong(place) };
}

function ForEach({ at, endpoint }: Props) {
  const t = useTexts().integrations;
  const { draft, set, wrong } = useBuilder();
  const each = endpoint.forEach;
  const others = (draft.endpoints ?? []).filter((_, index) => index !== at);
  const put = (more: Partial<NonNullable<Endpoint["forEach"]>>) => set(["endpoints", at, "forEach"], { endpointId: "", ...each, ...more });
  const place = `/endpoints/${at}/forEach`;
  return (
    <fieldset className="group">
      <legend>{t.forEach}</legend>
      <div className="cells">
        <Select
          label={t.forEachOf}
          value={each?.endpointId ?? "-"}
          onChange={(id) => (id === "-" ? set(["endpoints", at, "forEach"], undefined) : put({ endpointId: id }))}
          options={[{ value: "-", label: t.onceOnly }, ...others.map((one) => ({ value: one.id, label: one.name || one.id }))]}
          error={wrong(`${place}/endpointId`) ?? wrong(place)}
        />
        {each && <TextField label={t.forEachAlias} code value={each.alias ?? ""} placeholder="parent" help={t.forEachHelp(each.alias || "parent")} onChange={(alias) => put({ alias: alias || undefined })} error={wrong(`${place}/alias`)} />}
        {each && <TextField label={t.forEachPath} code value={each.path ?? ""} placeholder="$" onChange={(path) => put({ path: path || undefined })} error={wrong(`${place}/path`)} />}
      </div>
    </fieldset>
  );
}

function Incremental({ at, endpoint }: Props) {
  const t = useTexts().integrations;
  const { value, put, error, whole } = usePart(at, endpoint, "incremental");
  return (
    <fieldset className="group">
      <legend>{t.incremental}</legend>
      <p className="quiet-text">{t.incrementalHelp}</p>
      <div className="cells">
        <TextField label={t.cursorPath} code value={textOf(value.cursorPath)} placeholder="$.updated_at" onChange={(text) => put("cursorPath", text)} error={error("cursorPath") ?? whole} />
        <TextField label={t.sinceParam} code value={textOf(value.param)} placeholder="updated_since" onChange={(text) => put("param", text)} error={error("param")} />
        <TextField label={t.sinceFormat} code value={textOf(value.format)} placeholder="ISO8601" onChange={(text) => put("format", text)} error={error("format")} />
        <TextField label={t.sinceInitial} value={textOf(value.initial)} onChange={(text) => put("initial", valueOf(text, undefined))} error={error("initial")} />
        <TextField label={t.lookback} type="number" value={textOf(value.lookbackSeconds)} placeholder="0" onChange={(text) => put("lookbackSeconds", text ? Number(text) : undefined)} error={error("lookbackSeconds")} />
      </div>
    </fieldset>
  );
}

function Rest({ at, endpoint }: Props) {
  const t = useTexts().integrations;
  const { set, wrong } = useBuilder();
  const rate = usePart(at, endpoint, "rateLimit");
  const decoder = usePart(at, endpoint, "decoder");
  const number = (text: string) => (text ? Number(text) : undefined);
  const put = (name: string, value: Json) => set(["endpoints", at, name], value);
  return (
    <>
      <div className="cells">
        <TextField label={t.perMinute} type="number" value={textOf(rate.value.requestsPerMinute)} onChange={(text) => rate.put("requestsPerMinute", number(text))} error={rate.error("requestsPerMinute")} />
        <TextField label={t.burst} type="number" value={textOf(rate.value.burstLimit)} onChange={(text) => rate.put("burstLimit", number(text))} error={rate.error("burstLimit")} />
        <Select label={t.decoder} value={textOf(decoder.value.type) || "json"} onChange={(type) => decoder.put("type", type === "json" ? undefined : type)} options={DECODERS.map((one) => ({ value: one, label: t.decoders[one] }))} error={decoder.error("type")} />
        <TextField label={t.idempotency} code value={textOf(endpoint.idempotencyHeader)} placeholder="Idempotency-Key" help={t.idempotencyHelp} onChange={(text) => put("idempotencyHeader", text || undefined)} error={wrong(`/endpoints/${at}/idempotencyHeader`)} />
      </div>
      <Checkbox label={t.failFast} value={!!endpoint.failOnRecordError} onChange={(value) => put("failOnRecordError", value || undefined)} />
      <TextField label={t.description} lines={2} value={textOf(endpoint.description)} onChange={(text) => put("description", text || undefined)} />
    </>
  );
}
