import { useState } from "react";
import { Button } from "../../kit/Button";
import { Select } from "../../kit/Fields";
import { Notice } from "../../kit/Notice";
import { useTexts } from "../../texts";
import { useFieldActs } from "./fieldActs";
import { useBuilder } from "./draft";
import * as api from "./data";
import { below, FieldRow } from "./FieldRow";
import { fieldsOf, identifierOf } from "./infer";
import { MakeType } from "./MakeType";
import type { Json, ResponseMapping } from "./model";
import { listIn, read, written } from "./paths";
import { PathField } from "./PathField";
import { valueAt } from "./places";

interface Props {
  at: number;
  mapping: ResponseMapping;
  change: (make: (before: ResponseMapping) => ResponseMapping) => void;
  mapped: api.Mapped | null;
  record: number;
  records: Json[];
  body: Json;
}

/** Where the records are, what they are stored as, and their fields. */
export function MappingFields({ at, mapping, change, mapped, record, records, body }: Props) {
  const t = useTexts().integrations;
  const { wrong, errors } = useBuilder();
  const { data: types = [] } = api.useShardTypes();
  const [making, setMaking] = useState(false);
  const place = `/endpoints/${at}/responseMapping`;
  const told = (pointer: string) => wrong(place + pointer) ?? mapped?.errors.find((one) => one.pointer === pointer)?.detail;
  const errorsOf = (index: number) => below([...errors, ...(mapped?.errors ?? []).map((one) => ({ ...one, pointer: place + one.pointer }))], `${place}/fieldMappings/${index}`);
  const put = (name: keyof ResponseMapping) => (value: string) => change((before) => ({ ...before, [name]: value || undefined }));
  const type = types.find((one) => one.id === mapping.targetShardTypeId);
  const named = mapping.targetShardTypeId;
  const options = [
    { value: "-", label: t.notStored },
    ...types.map((one) => ({ value: one.id, label: one.displayName || one.id, help: t.fieldsOf(one.fields.length) })),
    ...(named && !type ? [{ value: named, label: named, help: t.noSuchType }] : []),
  ];
  const fields = mapping.fieldMappings ?? [];
  const { set, ...acts } = useFieldActs(change);
  const all = () =>
    change((before) => ({
      ...before,
      fieldMappings: fieldsOf(records).map((one) => ({ source: written([one.source]), target: one.name })),
      identifierField: before.identifierField || identifierOf(records),
    }));
  const list = listIn(body);
  const hint = list && list.path !== mapping.dataPath && !Array.isArray(valueAt(body, read(mapping.dataPath || "$") ?? [])) ? list : undefined;

  return (
    <section className="card stack" aria-label={t.fields}>
      <h2>{t.fields}</h2>
      <div className="cells">
        <PathField label={t.dataPath} name="dataPath" scope="body" value={mapping.dataPath ?? ""} placeholder="$.data.items" help={t.dataPathHelp} onChange={put("dataPath")} error={told("/dataPath")} />
        <PathField label={t.identifier} name="identifier" scope="record" value={mapping.identifierField ?? ""} placeholder="$.id" help={t.identifierHelp} required={!!named} onChange={put("identifierField")} error={told("/identifierField")} />
        <Select label={t.target} value={named ?? "-"} onChange={(id) => put("targetShardTypeId")(id === "-" ? "" : id)} options={options} error={told("/targetShardTypeId")} />
      </div>
      {hint && (
        <Notice tone="plain">
          <p>{t.listFound(hint.path, hint.count)}</p>
          <Button onPress={() => put("dataPath")(hint.path)}>{t.useList}</Button>
        </Notice>
      )}
      <div className="row">
        <Button kind="quiet" isDisabled={!records.length} onPress={() => setMaking(true)}>
          {t.makeType}
        </Button>
        {!fields.length && (
          <Button kind="quiet" isDisabled={!records.length} onPress={all}>
            {t.mapAll}
          </Button>
        )}
      </div>
      <ol className="mappings">
        {fields.map((field, index) => (
          <FieldRow
            key={index}
            number={index}
            field={field}
            type={type}
            value={mapped?.records[record]?.data[field.target]}
            sampled={!!mapped?.records.length}
            errors={errorsOf(index)}
            problem={mapped?.records[record]?.errors.find((one) => one.field === field.target)?.detail}
            pointer={`${place}/fieldMappings/${index}`}
            {...acts}
          />
        ))}
      </ol>
      {!fields.length && <p className="quiet-text">{t.noFields}</p>}
      <div>
        <Button onPress={() => set((all) => [...all, { source: "$.", target: "" }])}>+ {t.addField}</Button>
      </div>
      <details>
        <summary>{t.further}</summary>
        <div className="cells">
          <PathField label={t.errorPath} name="errorPath" scope="body" value={mapping.errorPath ?? ""} placeholder="$.error.message" help={t.errorPathHelp} onChange={put("errorPath")} error={told("/errorPath")} />
          <PathField label={t.totalCount} name="totalCount" scope="body" value={mapping.metadataMapping?.totalCount ?? ""} placeholder="$.total" onChange={(path) => change((before) => ({ ...before, metadataMapping: { ...before.metadataMapping, totalCount: path || undefined } }))} error={told("/metadataMapping/totalCount")} />
        </div>
      </details>
      {making && <MakeType records={records} mapping={mapping} mapped={mapped} onClose={() => setMaking(false)} onMade={(made) => change((before) => ({ ...before, ...made }))} />}
    </section>
  );
}
