import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { json } from "../../api/client";
import { type Problem, problemFrom } from "../../api/problem";
import { Button } from "../../kit/Button";
import { Dialog } from "../../kit/Dialog";
import { Checkbox, Select, TextField } from "../../kit/Fields";
import { Failure } from "../../kit/Notice";
import { useTexts } from "../../texts";
import type { Mapped, ShardType } from "./data";
import { fieldsOf, identifierOf, type NewField } from "./infer";
import { type Json, type ResponseMapping, slug } from "./model";
import { written } from "./paths";

interface Props {
  records: Json[];
  mapping: ResponseMapping;
  mapped: Mapped | null;
  onClose: () => void;
  onMade: (made: ResponseMapping) => void;
}

const TYPES = ["text", "textarea", "email", "url", "number", "integer", "boolean", "date", "datetime", "array", "object", "json"];

/** A shard type from what records have: of the mapping where there is one, else of the answer itself. */
export function MakeType({ records, mapping, mapped, onClose, onMade }: Props) {
  const t = useTexts();
  const queries = useQueryClient();
  const maps = (mapping.fieldMappings ?? []).length > 0;
  const of = maps && mapped ? fieldsOf(mapped.records.map((one) => one.data), (name) => name) : fieldsOf(records);
  const [name, setName] = useState("");
  const [fields, setFields] = useState<(NewField & { kept: boolean })[]>(() => of.map((one) => ({ ...one, kept: true })));
  const [problem, setProblem] = useState<Problem | null>(null);
  const id = `c_${slug(name).replaceAll("-", "_") || "records"}`;
  const kept = fields.filter((one) => one.kept);
  const change = (at: number, more: Partial<NewField & { kept: boolean }>) => setFields(fields.map((one, index) => (index === at ? { ...one, ...more } : one)));
  const make = async () => {
    const body = { id, displayName: name, fields: kept.map(({ name, type, items }) => ({ name, type, ...(type === "array" && items && { items }) })) };
    try {
      const made = await json<ShardType>("/api/v1/shard-types", "POST", body);
      await queries.invalidateQueries({ queryKey: ["shard-types"] });
      const all = kept.map((one) => ({ source: written([one.source]), target: one.name }));
      const identifierField = mapping.identifierField || identifierOf(records);
      onMade({ targetShardTypeId: made.id, identifierField, ...(!maps && { fieldMappings: all }) });
      onClose();
    } catch (error) {
      setProblem(problemFrom(error));
    }
  };
  return (
    <Dialog title={t.integrations.makeType} open onClose={onClose}>
      <div className="stack">
        <TextField label={t.integrations.typeName} value={name} onChange={setName} placeholder="Contact" help={<code>{id}</code>} error={problem?.at("/id") ?? problem?.at("/displayName")} autoFocus required />
        <ul className="plain-list type-fields" aria-label={t.integrations.fields}>
          {fields.map((one, at) => (
            <li key={one.source}>
              <Checkbox label={one.name} value={one.kept} onChange={(kept) => change(at, { kept })} />
              <Select label={t.integrations.typeOf(one.name)} value={one.type} onChange={(type) => change(at, { type })} options={TYPES.map((type) => ({ value: type, label: type }))} />
            </li>
          ))}
        </ul>
        {problem && <Failure error={problem} />}
        <div className="row">
          <Button kind="primary" isDisabled={!name || !kept.length} onPress={() => void make()}>
            {t.integrations.make}
          </Button>
          <Button onPress={onClose}>{t.kit.cancel}</Button>
        </div>
      </div>
    </Dialog>
  );
}
