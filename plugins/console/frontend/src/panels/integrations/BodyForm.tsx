import { useState } from "react";
import { Select, TextField } from "../../kit/Fields";
import { CodeEditor, type Completion } from "../../kit/LazyEditor";
import { useTexts } from "../../texts";
import { useBuilder } from "./draft";
import type { Endpoint, Json } from "./model";
import { same } from "./places";
import type { Name } from "./templates";

interface Props {
  at: number;
  endpoint: Endpoint;
  names: readonly Name[];
  graphql: boolean;
}

const CONTENT = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];
const KINDS = ["template", "schema", "raw"] as const;

/** What is sent: nothing, JSON with {{names}} in it, a structure, or exactly these characters. */
export function BodyForm({ at, endpoint, names, graphql }: Props) {
  const t = useTexts().integrations;
  const { set, wrong } = useBuilder();
  const body = endpoint.body;
  const place = `/endpoints/${at}/body`;
  const put = (name: string, value: Json) => set(["endpoints", at, "body", name], value);
  const choose = (kind: string) => set(["endpoints", at, "body"], kind === "-" ? undefined : { contentType: "application/json", ...body, bodyType: kind });
  if (graphql) return <GraphQL at={at} endpoint={endpoint} names={names} />;
  if (!body && ["GET", "DELETE", undefined].includes(endpoint.method)) return null;
  return (
    <details className="card" open>
      <summary>{t.body}</summary>
      <div className="stack">
        <div className="cells">
          <Select label={t.bodyType} value={(body?.bodyType as string) ?? "-"} onChange={choose} options={[{ value: "-", label: t.noBody }, ...KINDS.map((kind) => ({ value: kind, label: t.bodies[kind].title, help: t.bodies[kind].help }))]} error={wrong(`${place}/bodyType`) ?? wrong(place)} />
          {body && <Select label={t.contentType} value={(body.contentType as string) ?? CONTENT[0]!} onChange={(type) => put("contentType", type)} options={CONTENT.map((type) => ({ value: type, label: type }))} error={wrong(`${place}/contentType`)} />}
        </div>
        {body?.bodyType === "template" && (
          <Template label={t.bodyTemplate} value={body.template} plain={body.contentType === "text/plain"} names={names} onChange={(value) => put("template", value)} error={wrong(`${place}/template`)} />
        )}
        {body?.bodyType === "schema" && <Template label={t.bodySchema} value={body.schema ?? { type: "object", properties: {} }} names={names} onChange={(value) => put("schema", value)} error={wrong(`${place}/schema`)} />}
        {body?.bodyType === "raw" && <TextField label={t.bodyRaw} lines={6} code value={(body.raw as string) ?? ""} onChange={(raw) => put("raw", raw)} error={wrong(`${place}/raw`)} />}
      </div>
    </details>
  );
}

function GraphQL({ at, endpoint, names }: Omit<Props, "graphql">) {
  const t = useTexts().integrations;
  const { set, wrong } = useBuilder();
  const place = `/endpoints/${at}/graphql`;
  const query = (endpoint.graphql?.query as string) ?? "";
  return (
    <details className="card" open>
      <summary>GraphQL</summary>
      <div className="stack">
        <span className="field-label">{t.query}</span>
        <CodeEditor language="text" label={t.query} value={query} minLines={8} onChange={(text) => set(["endpoints", at, "graphql", "query"], text)} />
        {(wrong(`${place}/query`) ?? wrong(place)) && <p className="react-aria-FieldError">{wrong(`${place}/query`) ?? wrong(place)}</p>}
        <Template label={t.graphqlVariables} value={endpoint.graphql?.variables ?? {}} names={names} onChange={(value) => set(["endpoints", at, "graphql", "variables"], value)} error={wrong(`${place}/variables`)} />
      </div>
    </details>
  );
}

interface TemplateProps {
  label: string;
  value: Json;
  plain?: boolean;
  names: readonly Name[];
  onChange: (value: Json) => void;
  error?: string;
  minLines?: number;
}

/** JSON, or a text, with {{names}}: what does not read as JSON yet is kept as the text that it is. */
export function Template({ label, value, plain, names, onChange, error, minLines = 6 }: TemplateProps) {
  const [text, setText] = useState(() => written(value));
  const shown = same(parsed(text, plain), value) ? text : written(value);
  const completions = ({ before, word }: { before: string; word: string }): Completion[] =>
    before.slice(0, before.length - word.length).trimEnd().endsWith("{{")
      ? names.map((one) => ({ label: one.name, apply: `${one.name}}}`, detail: one.help, kind: "variable" }))
      : [];
  return (
    <div className="field">
      <span className="field-label">{label}</span>
      <CodeEditor
        language={plain ? "text" : "json"}
        label={label}
        value={shown}
        minLines={minLines}
        templates
        completions={completions}
        onChange={(next) => (setText(next), onChange(parsed(next, plain)))}
      />
      {error && <p className="react-aria-FieldError">{error}</p>}
    </div>
  );
}

const written = (value: Json): string => (value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value, null, 2));

function parsed(text: string, plain?: boolean): Json {
  if (plain) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text; // a template's text: placeholders may stand in it without quotes
  }
}
