import { useCallback, useEffect, useMemo, useState } from "react";
import { usePanel } from "../../api/context";
import { type Problem, problemFrom } from "../../api/problem";
import { Watched } from "../../api/watched";
import { Select } from "../../kit/Fields";
import { useTexts } from "../../texts";
import { useBuilder } from "./draft";
import * as api from "./data";
import { useChosen } from "./Endpoints";
import { fieldName } from "./infer";
import { MappingFields } from "./MappingFields";
import type { Endpoint, Json, ResponseMapping } from "./model";
import { inRecord, merged, pathsIn, read, recordsAt, stepsIn, written } from "./paths";
import { Picker, type Focused } from "./picker";
import { put, valueAt } from "./places";
import { Preview } from "./Preview";
import { SamplePane } from "./SamplePane";
import { useSample } from "./sample";

/** What becomes of an answer: the answer, the fields, and beside them what comes of it. */
export function Mapping() {
  const t = useTexts().integrations;
  const panel = usePanel();
  const { id, draft } = useBuilder();
  const [at, endpoint] = useChosen();
  const endpoints = draft.endpoints ?? [];
  if (!endpoint) return <p className="card quiet-text">{t.noEndpoints}</p>;
  return (
    <div className="stack">
      <div className="narrow">
        <Select
          label={t.endpoint}
          value={String(at)}
          onChange={(chosen) => panel.navigate(`/${id}/mapping/${chosen}`)}
          options={endpoints.map((one, index) => ({ value: String(index), label: one.name || one.id, help: `${one.method ?? "GET"} ${one.path ?? ""}` }))}
        />
      </div>
      <EndpointMapping key={at} at={at} endpoint={endpoint} />
    </div>
  );
}

function EndpointMapping({ at, endpoint }: { at: number; endpoint: Endpoint }) {
  const { id, edit } = useBuilder();
  const [sample] = useSample(id, endpoint.id);
  const mapping = endpoint.responseMapping ?? {};
  const { mapped, failure } = useMapped(mapping, sample?.body);
  const [record, setRecord] = useState(0);
  const [focused] = useState(() => new Watched<Focused | null>(null));
  const change = useCallback(
    (make: (before: ResponseMapping) => ResponseMapping) =>
      edit((before) => put(before, ["endpoints", at, "responseMapping"], make(before.endpoints?.[at]?.responseMapping ?? {}))),
    [edit, at],
  );

  const records = useMemo(
    () => (mapped?.records.length ? mapped.records.map((one) => one.source) : (recordsAt(sample?.body, mapping.dataPath ?? "$") ?? [])),
    [mapped, sample, mapping.dataPath],
  );
  const first = JSON.stringify(records[0]);
  const picker = useMemo(
    () => ({ focused, inRecord: pathsIn(merged(records)), inBody: pathsIn(sample?.body) }),
    [focused, first, records.length, sample], // eslint-disable-line -- each preview brings the same records anew
  );
  const pick = usePick(sample?.body, mapping, focused, change);

  return (
    <Picker value={picker}>
      <div className="mapping">
        <SamplePane at={at} endpoint={endpoint} mapping={mapping} onPick={pick} />
        <MappingFields at={at} mapping={mapping} change={change} mapped={mapped} record={record} records={records} body={sample?.body} />
        <Preview mapped={mapped} failure={failure} record={record} onRecord={setRecord} sampled={!!sample} />
      </div>
    </Picker>
  );
}

/** A value of the answer was clicked: its path goes where somebody typed last, else it becomes a field. */
function usePick(
  body: Json,
  mapping: ResponseMapping,
  focused: Watched<Focused | null>,
  change: (make: (before: ResponseMapping) => ResponseMapping) => void,
) {
  const t = useTexts().integrations;
  const panel = usePanel();
  return useCallback(
    (pointer: string, value: Json) => {
      const steps = stepsIn(body, pointer);
      const within = inRecord(body, mapping.dataPath ?? "$", steps);
      const goal = focused.get();
      const isList = Array.isArray(valueAt(body, read(mapping.dataPath || "$") ?? []));
      const records = Array.isArray(value) && value.some((one) => typeof one === "object" && one !== null) && !isList;
      if (goal?.scope === "body") return goal.set(written(steps));
      if (goal && within) return goal.set(written(within));
      if (records) return change((before) => ({ ...before, dataPath: written(steps) }));
      if (!within) return panel.notify(t.outside, "bad");
      const name = String(within.filter((step) => typeof step === "string").at(-1) ?? "value");
      const made = { source: written(within), target: fieldName(name) };
      change((before) => ({ ...before, fieldMappings: [...(before.fieldMappings ?? []), made] }));
    },
    [body, mapping.dataPath, focused, change, panel, t],
  );
}

/** What the server makes of the sample, soon after the mapping changed. */
function useMapped(mapping: ResponseMapping, sample: Json): { mapped: api.Mapped | null; failure: Problem | null } {
  const [state, setState] = useState<{ mapped: api.Mapped | null; failure: Problem | null }>({ mapped: null, failure: null });
  useEffect(() => {
    if (sample === undefined) return;
    const stop = new AbortController();
    const soon = setTimeout(() => {
      api.preview(mapping, sample, stop.signal).then(
        (mapped) => setState({ mapped, failure: null }),
        (error) => stop.signal.aborted || setState(({ mapped }) => ({ mapped, failure: problemFrom(error) })),
      );
    }, 300);
    return () => (clearTimeout(soon), stop.abort());
  }, [mapping, sample]);
  return state;
}
