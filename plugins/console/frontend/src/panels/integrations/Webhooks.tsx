import { Button } from "../../kit/Button";
import { Select, TextField } from "../../kit/Fields";
import { SchemaForm } from "../../kit/SchemaForm";
import { useTexts } from "../../texts";
import { useBuilder } from "./draft";
import { choices, kindOf, useCatalog } from "./catalog";
import { Events, useLastEvent } from "./Events";
import type { EventRule, Json } from "./model";
import { moved, without } from "./places";
import { Rule } from "./Rule";
import { WebhookAddress } from "./WebhookAddress";

/** Events that others send: where to, how they prove it, what is done with each kind. */
export function Webhooks() {
  const t = useTexts().integrations;
  const { draft, set, saved } = useBuilder();
  const config = draft.webhookConfig;
  if (!config) {
    return (
      <div className="card stack">
        <p>{t.noWebhook}</p>
        <div>
          <Button onPress={() => set(["webhookConfig"], { signatureConfig: { scheme: "standard" }, eventRouting: [], responseStatus: 200 })}>{t.receiveEvents}</Button>
        </div>
      </div>
    );
  }
  return (
    <div className="stack">
      <div className="split">
        <WebhookAddress />
        <Signature />
      </div>
      <Rules rules={config.eventRouting ?? []} />
      <Answer />
      {saved?.webhookConfig && <Events id={saved.id} />}
      <div>
        <Button kind="quiet" onPress={() => set(["webhookConfig"], undefined)}>
          {t.receiveNone}
        </Button>
      </div>
    </div>
  );
}

function Signature() {
  const t = useTexts().integrations;
  const { draft, set, wrong, problem } = useBuilder();
  const { data: catalog } = useCatalog();
  const { scheme, ...config } = draft.webhookConfig?.signatureConfig ?? {};
  const name = (scheme as string | undefined) ?? (config.algorithm === "none" ? "none" : "hmac");
  const kind = kindOf(catalog?.schemes, name);
  const place = "/webhookConfig/signatureConfig";
  const put = (value: Json) => set(["webhookConfig", "signatureConfig"], value);
  return (
    <section className="card stack" aria-label={t.signature}>
      <h2>{t.signature}</h2>
      <Select label={t.scheme} value={name} onChange={(chosen) => put({ scheme: chosen })} options={choices(catalog?.schemes)} help={kind?.summary} error={wrong(`${place}/scheme`) ?? wrong(place)} />
      {kind && Object.keys(kind.schema.properties ?? {}).length > 0 && (
        <SchemaForm schema={kind.schema} value={config} onChange={(value) => put({ ...value, scheme: name })} pointer={place} problem={problem} />
      )}
    </section>
  );
}

function Rules({ rules }: { rules: EventRule[] }) {
  const t = useTexts().integrations;
  const { saved, set } = useBuilder();
  const event = useLastEvent(saved?.webhookConfig ? saved.id : "");
  const put = (next: EventRule[]) => set(["webhookConfig", "eventRouting"], next);
  const add = () => put([...rules, { eventTypePath: rules.at(-1)?.eventTypePath ?? "$.type", eventTypeValue: "", action: "create_shard", dataPath: "$.data", identifierPath: "$.data.id", fieldMappings: [] }]);
  return (
    <section className="card stack" aria-label={t.rules}>
      <h2>{t.rules}</h2>
      <p className="quiet-text">{t.rulesHelp}</p>
      <ol className="mappings">
        {rules.map((rule, at) => (
          <Rule
            key={at}
            at={at}
            rule={rule}
            event={event}
            onChange={(next) => put(rules.map((one, index) => (index === at ? next : one)))}
            onMove={(to) => to >= 0 && to < rules.length && put(moved(rules, at, to))}
            onRemove={() => put(without(rules, at))}
          />
        ))}
      </ol>
      <div>
        <Button onPress={add}>+ {t.addRule}</Button>
      </div>
    </section>
  );
}

function Answer() {
  const t = useTexts().integrations;
  const { draft, set, wrong } = useBuilder();
  const config = draft.webhookConfig!;
  const number = (text: string) => (text.trim() === "" ? undefined : Number(text));
  return (
    <details className="card">
      <summary>{t.answerOfWebhook}</summary>
      <div className="cells">
        <TextField label={t.responseStatus} type="number" value={String(config.responseStatus ?? "")} placeholder="200" onChange={(text) => set(["webhookConfig", "responseStatus"], number(text))} error={wrong("/webhookConfig/responseStatus")} />
        <TextField label={t.responseText} value={config.responseBody ?? ""} onChange={(text) => set(["webhookConfig", "responseBody"], text || undefined)} error={wrong("/webhookConfig/responseBody")} />
        <TextField label={t.eventId} code value={config.idPath ?? ""} placeholder="$.id" help={t.eventIdHelp} onChange={(text) => set(["webhookConfig", "idPath"], text || undefined)} error={wrong("/webhookConfig/idPath")} />
      </div>
    </details>
  );
}
