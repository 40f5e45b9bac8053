import { useState } from "react";
import { usePanel } from "../../api/context";
import { problemFrom } from "../../api/problem";
import { Button } from "../../kit/Button";
import { Select, TextField } from "../../kit/Fields";
import { Failure, Notice } from "../../kit/Notice";
import { SchemaForm } from "../../kit/SchemaForm";
import { address } from "../../api/client";
import { useTexts } from "../../texts";
import { useBuilder } from "./draft";
import { choices, kindOf, useCatalog } from "./catalog";
import * as api from "./data";
import { Pairs } from "./Pairs";
import { TestView } from "./TestView";

/** Where requests go, how they prove who they are, and whether that works. */
export function Connection() {
  const t = useTexts().integrations;
  const { draft, set, wrong } = useBuilder();
  return (
    <div className="split">
      <div className="stack">
        <div className="card stack">
          <TextField
            label={t.baseUrl}
            type="url"
            code
            required={draft.integrationType !== "webhook"}
            value={draft.baseUrl ?? ""}
            placeholder="https://api.example.com/v1"
            help={t.baseUrlHelp}
            onChange={(url) => set(["baseUrl"], url)}
            error={wrong("/baseUrl")}
          />
        </div>
        <Auth />
        <details className="card">
          <summary>{t.further}</summary>
          <div className="stack">
            <Pairs
              label={t.defaultHeaders}
              add={t.addHeader}
              help={t.defaultHeadersHelp}
              value={draft.defaultHeaders}
              onChange={(headers) => set(["defaultHeaders"], headers)}
              wrong={(name) => wrong(`/defaultHeaders/${name}`)}
            />
            <Patience />
          </div>
        </details>
      </div>
      <Check />
    </div>
  );
}

function Auth() {
  const t = useTexts().integrations;
  const { draft, edit, set, wrong, problem } = useBuilder();
  const { data: catalog, error, refetch } = useCatalog();
  const chosen = kindOf(catalog?.providers, draft.auth.type);
  const { type, ...config } = draft.auth;
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  const choose = (kind: string) => edit((before) => (kind === type ? before : { ...before, auth: { type: kind } }));
  return (
    <div className="card stack">
      <h2>{t.auth}</h2>
      <Select
        label={t.authType}
        value={type}
        onChange={choose}
        options={choices(catalog?.providers)}
        help={chosen?.summary}
        error={wrong("/auth/type")}
      />
      {chosen && Object.keys(chosen.schema.properties ?? {}).length > 0 && (
        <>
          <SchemaForm
            schema={chosen.schema}
            value={config}
            onChange={(value) => set(["auth"], { ...value, type })}
            pointer="/auth"
            problem={problem}
          />
          <p className="quiet-text">{t.credentialsHelp}</p>
        </>
      )}
      {wrong("/auth") && <Notice tone="bad">{wrong("/auth")}</Notice>}
      {config.grantType === "authorization_code" && <Login />}
    </div>
  );
}

/** The way to the API's own login: by what is saved, as its answer comes back to that. */
function Login() {
  const t = useTexts().integrations;
  const panel = usePanel();
  const { saved, isDraft } = useBuilder();
  if (!saved || isDraft) return <p className="quiet-text">{t.loginAfterSaving}</p>;
  const back = new URL(panel.href(`/${saved.id}/connection`), location.href);
  const query = new URLSearchParams({ returnTo: back.pathname + back.hash });
  return (
    <a className="button" href={`${address(`${api.one(saved.id)}/oauth/authorize`)}?${query}`}>
      {t.login}
    </a>
  );
}

function Patience() {
  const t = useTexts().integrations;
  const { draft, set, wrong } = useBuilder();
  const retry = draft.retryConfig ?? {};
  const number = (text: string) => (text.trim() === "" || Number.isNaN(Number(text)) ? undefined : Number(text));
  const shown = (value: unknown) => (value === undefined ? "" : String(value));
  const statuses = Array.isArray(retry.retryOn) ? retry.retryOn.join(", ") : "";
  return (
    <div className="cells">
      <TextField label={t.timeout} type="number" placeholder="30000" value={shown(draft.timeout)} onChange={(text) => set(["timeout"], number(text))} error={wrong("/timeout")} />
      <TextField label={t.maxRetries} type="number" placeholder="3" value={shown(retry.maxRetries)} onChange={(text) => set(["retryConfig", "maxRetries"], number(text))} error={wrong("/retryConfig/maxRetries")} />
      <TextField label={t.retryDelay} type="number" placeholder="500" value={shown(retry.retryDelay)} onChange={(text) => set(["retryConfig", "retryDelay"], number(text))} error={wrong("/retryConfig/retryDelay")} />
      <TextField label={t.retryOn} placeholder="429, 502, 503" value={statuses} onChange={(text) => set(["retryConfig", "retryOn"], text.trim() ? text.split(/[\s,]+/).filter(Boolean).map(Number) : undefined)} error={wrong("/retryConfig/retryOn")} />
    </div>
  );
}

function Check() {
  const t = useTexts().integrations;
  const { draftOf, draft } = useBuilder();
  const [state, setState] = useState<{ running?: boolean; result?: api.TestResult; error?: unknown }>({});
  const run = async () => {
    setState({ running: true });
    try {
      setState({ result: (await api.test(draftOf)).result });
    } catch (error) {
      setState({ error: problemFrom(error) });
    }
  };
  return (
    <div className="card stack">
      <h2>{t.connectionTest}</h2>
      <p className="quiet-text">{t.connectionTestHelp}</p>
      <div className="row">
        <Button onPress={() => void run()} isDisabled={state.running || !draft.baseUrl}>
          {state.running ? t.testing : t.testConnection}
        </Button>
      </div>
      {!!state.error && <Failure error={state.error} />}
      {state.result && <TestView result={state.result} bare />}
      {draft.auth.grantType === "authorization_code" && <p className="quiet-text">{t.loginHelp}</p>}
    </div>
  );
}
