import { useState } from "react";
import { json } from "../../api/client";
import { useQueryClient } from "@tanstack/react-query";
import { usePanel } from "../../api/context";
import { type Problem, problemFrom } from "../../api/problem";
import { Button } from "../../kit/Button";
import { useDraft } from "../../kit/draft";
import { Checkbox } from "../../kit/Fields";
import { Failure, Notice } from "../../kit/Notice";
import { useTexts } from "../../texts";
import { useBuilder } from "./draft";
import * as api from "./data";
import type { Endpoint } from "./model";
import { asked, ParamInputs } from "./ParamInputs";
import { Progress } from "./Progress";
import { Runs } from "./Runs";
import { Timed } from "./Schedule";

/** From the API into records: now, by the clock, and how it went. */
export function Sync() {
  const t = useTexts().integrations;
  const { saved, isDraft } = useBuilder();
  const { data: runs = [], error, refetch } = api.useRuns(saved!.id);
  const { data: schedules = [] } = api.useSchedules(saved!.id);
  const endpoints = (saved!.endpoints ?? []).filter((one) => one.responseMapping?.targetShardTypeId);
  return (
    <div className="stack">
      {saved!.status !== "active" && <Notice tone="plain">{t.activateFirst}</Notice>}
      {isDraft && <Notice tone="plain">{t.syncsWhatIsSaved}</Notice>}
      {!endpoints.length && <Notice tone="plain">{t.nothingToSync}</Notice>}
      <div className="sync-list">
        {endpoints.map((one) => (
          <OneSync
            key={one.id}
            endpoint={one}
            run={runs.find((run) => run.endpointId === one.id)}
            schedule={schedules.find((schedule) => schedule.endpointId === one.id)}
          />
        ))}
      </div>
      {error && <Failure error={error} retry={() => void refetch()} />}
      <Runs id={saved!.id} runs={runs} />
    </div>
  );
}

interface Props {
  endpoint: Endpoint;
  run: api.Run | undefined;
  schedule: api.Schedule | undefined;
}

function OneSync({ endpoint, run, schedule }: Props) {
  const t = useTexts().integrations;
  const { saved } = useBuilder();
  const queries = useQueryClient();
  const [full, setFull] = useState(false);
  const [params, setParams, { forget }] = useDraft<Record<string, unknown> | null>(`integrations.${saved!.id}.params.${endpoint.id}`, null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const live = run && !api.isOver(run);
  const start = async () => {
    setProblem(null);
    try {
      await json(`${api.one(saved!.id)}/sync`, "POST", { endpointId: endpoint.id, full, params: params ?? {} });
      forget();
      await queries.invalidateQueries({ queryKey: ["integrations", saved!.id, "runs"] });
    } catch (error) {
      setProblem(problemFrom(error));
    }
  };
  return (
    <section className="card stack" aria-label={endpoint.name || endpoint.id}>
      <div className="row between">
        <h2>{endpoint.name || endpoint.id}</h2>
        <span className="quiet-text">→ {endpoint.responseMapping?.targetShardTypeId}</span>
      </div>
      {asked(endpoint).length > 0 && <ParamInputs endpoint={endpoint} value={params ?? undefined} onChange={(value) => setParams(value ?? {})} />}
      <div className="row">
        <Button kind="primary" isDisabled={saved!.status !== "active" || live} onPress={() => void start()}>
          {t.syncNow}
        </Button>
        {!!endpoint.incremental && <Checkbox label={t.full} value={full} onChange={setFull} />}
        {live && <Cancel id={saved!.id} run={run.id} />}
      </div>
      {problem && <Failure error={problem} />}
      {run && <Progress run={run} />}
      <Timed endpoint={endpoint} schedule={schedule} />
    </section>
  );
}

export function Cancel({ id, run }: { id: string; run: string }) {
  const t = useTexts();
  const panel = usePanel();
  const queries = useQueryClient();
  const [asked, setAsked] = useState(false);
  const cancel = async () => {
    setAsked(true);
    try {
      await json(`${api.one(id)}/runs/${run}/cancel`, "POST");
      await queries.invalidateQueries({ queryKey: ["integrations", id, "runs"] });
    } catch (error) {
      setAsked(false);
      panel.notify(problemFrom(error).detail, "bad");
    }
  };
  return (
    <Button isDisabled={asked} onPress={() => void cancel()}>
      {asked ? t.integrations.cancelling : t.integrations.cancelRun}
    </Button>
  );
}
