import { useCallback, useMemo, useRef } from "react";
import { Button } from "../../kit/Button";
import { Select, TextField } from "../../kit/Fields";
import { CodeEditor } from "../../kit/LazyEditor";
import { Watched } from "../../api/watched";
import { useTexts } from "../../texts";
import { useBuilder } from "./draft";
import * as api from "./data";
import { useFieldActs } from "./fieldActs";
import { below, FieldRow } from "./FieldRow";
import type { EventRule, Json } from "./model";
import { merged, pathsIn, recordsAt } from "./paths";
import { PathField } from "./PathField";
import { type Focused, Picker } from "./picker";

interface Props {
  at: number;
  rule: EventRule;
  /** The last event that came, for completions. */
  event: Json;
  onChange: (rule: EventRule) => void;
  onMove: (to: number) => void;
  onRemove: () => void;
}

const ACTIONS = ["create_shard", "update_shard", "delete_shard", "trigger_sync", "custom"] as const;
const BEGINNING = 'def handle(event, context):\n    return {"actions": []}\n';

/** One kind of event, and what is done with it. */
export function Rule({ at, rule, event, onChange, onMove, onRemove }: Props) {
  const t = useTexts().integrations;
  const { wrong } = useBuilder();
  const place = `/webhookConfig/eventRouting/${at}`;
  const put = (name: keyof EventRule) => (value: Json) => onChange({ ...rule, [name]: value || undefined });
  const called = rule.eventTypeValue || String(at + 1);
  const act = (action: string) => onChange({ ...rule, action, ...(action === "custom" && !rule.code ? { code: BEGINNING } : {}) });
  const picker = useMemo(
    () => ({ focused: new Watched<Focused | null>(null), inBody: pathsIn(event), inRecord: pathsIn(merged(recordsAt(event, rule.dataPath || "$") ?? [])) }),
    [event, rule.dataPath],
  );
  return (
    <Picker value={picker}>
      <li>
        <div className="field-row stack" role="group" aria-label={t.ruleOf(called)}>
          <div className="cells">
            <PathField label={t.eventTypePath} name="eventTypePath" scope="body" value={rule.eventTypePath} placeholder="$.type" onChange={(path) => onChange({ ...rule, eventTypePath: path })} error={wrong(`${place}/eventTypePath`)} required />
            <TextField label={t.eventTypeValue} code value={rule.eventTypeValue} placeholder="contact.created" onChange={(value) => onChange({ ...rule, eventTypeValue: value })} error={wrong(`${place}/eventTypeValue`)} required />
            <Select label={t.action} value={rule.action} onChange={act} options={ACTIONS.map((action) => ({ value: action, label: t.actions[action].title, help: t.actions[action].help }))} error={wrong(`${place}/action`)} />
          </div>
          {rule.action.endsWith("_shard") && <Stored at={at} rule={rule} onChange={onChange} />}
          {rule.action === "trigger_sync" && <Synced at={at} rule={rule} onChange={onChange} />}
          {rule.action === "custom" && (
            <>
              <CodeEditor language="python" label={t.codeOf(called)} value={rule.code ?? ""} minLines={6} onChange={put("code")} />
              {wrong(`${place}/code`) && <p className="react-aria-FieldError">{wrong(`${place}/code`)}</p>}
            </>
          )}
          <div className="row">
            <Button kind="quiet" onPress={() => onMove(at - 1)}>
              ↑ {t.up}
            </Button>
            <Button kind="quiet" onPress={() => onMove(at + 1)}>
              ↓ {t.down}
            </Button>
            <Button kind="quiet" aria-label={t.removeOf(called)} onPress={onRemove}>
              {t.remove}
            </Button>
          </div>
        </div>
      </li>
    </Picker>
  );
}

type Part = Pick<Props, "at" | "rule" | "onChange">;

function Synced({ at, rule, onChange }: Part) {
  const t = useTexts().integrations;
  const { draft, wrong } = useBuilder();
  const options = (draft.endpoints ?? []).map((one) => ({ value: one.id, label: one.name || one.id }));
  return <Select label={t.endpoint} value={rule.endpointId ?? ""} onChange={(endpointId) => onChange({ ...rule, endpointId })} options={options} error={wrong(`/webhookConfig/eventRouting/${at}/endpointId`)} required />;
}

function Stored({ at, rule, onChange }: Part) {
  const t = useTexts().integrations;
  const { wrong, errors } = useBuilder();
  const { data: types = [] } = api.useShardTypes();
  const place = `/webhookConfig/eventRouting/${at}`;
  const fields = rule.fieldMappings ?? [];
  const latest = useRef({ rule, onChange });
  latest.current = { rule, onChange };
  const change = useCallback((make: (before: EventRule) => EventRule) => latest.current.onChange(make(latest.current.rule)), []);
  const { set, ...acts } = useFieldActs(change);
  const type = types.find((one) => one.id === rule.targetShardTypeId);
  const put = (name: keyof EventRule) => (value: string) => onChange({ ...rule, [name]: value || undefined });
  return (
    <>
      <div className="cells">
        <Select label={t.target} value={rule.targetShardTypeId ?? ""} onChange={put("targetShardTypeId")} options={types.map((one) => ({ value: one.id, label: one.displayName || one.id }))} error={wrong(`${place}/targetShardTypeId`)} required />
        <PathField label={t.identifierPath} name="identifierPath" scope="body" value={rule.identifierPath ?? ""} placeholder="$.data.id" onChange={put("identifierPath")} error={wrong(`${place}/identifierPath`)} />
        <PathField label={t.eventData} name="dataPath" scope="body" value={rule.dataPath ?? ""} placeholder="$.data" onChange={put("dataPath")} error={wrong(`${place}/dataPath`)} />
        <PathField label={t.versionPath} name="versionPath" scope="body" value={rule.versionPath ?? ""} placeholder="$.data.updatedAt" help={t.versionHelp} onChange={put("versionPath")} error={wrong(`${place}/versionPath`)} />
      </div>
      {rule.action !== "delete_shard" && (
        <ol className="mappings">
          {fields.map((field, index) => (
            <FieldRow
              key={index}
              number={index}
              field={field}
              type={type}
              value={undefined}
              sampled={false}
              pointer={`${place}/fieldMappings/${index}`}
              errors={below(errors, `${place}/fieldMappings/${index}`)}
              problem={undefined}
              {...acts}
            />
          ))}
          <li>
            <Button kind="quiet" onPress={() => set((all) => [...all, { source: "$.", target: "" }])}>
              + {t.addField}
            </Button>
          </li>
        </ol>
      )}
    </>
  );
}
