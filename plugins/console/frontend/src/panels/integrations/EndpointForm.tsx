import { useMemo } from "react";
import { Select, TextField } from "../../kit/Fields";
import { Button } from "../../kit/Button";
import { SchemaForm } from "../../kit/SchemaForm";
import { useTexts } from "../../texts";
import { Advanced } from "./Advanced";
import { BodyForm } from "./BodyForm";
import { useBuilder } from "./draft";
import { choices, kindOf, useCatalog } from "./catalog";
import { type Endpoint, free, idOf, type Json, METHODS, type Param } from "./model";
import { Pairs } from "./Pairs";
import { freshParam, Params } from "./Params";
import * as places from "./places";
import { Suggest } from "./Suggest";
import { namesOf, templateSuggestions } from "./templates";
import { TryOut } from "./TryOut";

const PARTS = ["queryParams", "pathParams", "variables"] as const;
/** Settings of paging that nearly every API needs; the others are behind a click. */
const MAIN = ["offsetParam", "pageParam", "pageSizeParam", "cursorPath", "cursorParam", "nextLinkPath", "limitParam", "maxLimit", "endCondition"];

interface Props {
  at: number;
  endpoint: Endpoint;
}

/** How an endpoint is asked. */
export function EndpointForm({ at, endpoint }: Props) {
  const t = useTexts().integrations;
  const { draft, saved, set, edit, wrong } = useBuilder();
  const place = `/endpoints/${at}`;
  const put = (name: string, value: Json) => set(["endpoints", at, name], value);
  const names = useMemo(() => namesOf(draft, endpoint, t.templateNames), [draft, endpoint, t]);
  const inPath = useMemo(() => templateSuggestions(names, true), [names]);
  const inText = useMemo(() => templateSuggestions(names), [names]);
  const known = (saved?.endpoints ?? []).some((one) => one.id === endpoint.id);
  const followed = !known && (endpoint.id === idOf(endpoint.name ?? "") || /^endpoint(-\d+)?$/.test(endpoint.id));
  const rename = (name: string) => {
    const others = (draft.endpoints ?? []).filter((_, index) => index !== at).map((one) => one.id);
    const id = followed && idOf(name) ? free(idOf(name), others) : endpoint.id;
    edit((before) => places.put(before, ["endpoints", at], { ...endpoint, name: name || undefined, id }));
  };
  const graphql = draft.integrationType === "graphql" || !!endpoint.graphql;
  return (
    <>
      <div className="card stack">
        <div className="cells">
          <TextField label={t.endpointName} value={endpoint.name ?? ""} placeholder="getContacts" onChange={rename} error={wrong(`${place}/name`)} />
          <TextField label={t.endpointId} code required value={endpoint.id} help={t.endpointIdHelp} onChange={(id) => put("id", id)} error={wrong(`${place}/id`)} />
        </div>
        <div className="method-path">
          <Select
            label={t.method}
            value={endpoint.method ?? (graphql ? "POST" : "GET")}
            onChange={(method) => put("method", method)}
            options={METHODS.map((method) => ({ value: method, label: method }))}
            error={wrong(`${place}/method`)}
          />
          <Suggest label={t.path} value={endpoint.path ?? ""} placeholder="/users/{userId}/orders" suggest={inPath} onChange={(path) => put("path", path)} help={t.pathHelp(draft.baseUrl ?? "")} error={wrong(`${place}/path`)} />
        </div>
        <NewPathParams at={at} endpoint={endpoint} />
      </div>
      <section className="card stack" aria-label={t.parameters}>
        <h2>{t.parameters}</h2>
        {PARTS.map((part) => endpoint[part]?.length && <Params key={part} part={part} at={at} endpoint={endpoint} suggest={inText} />)}
        {endpoint.headers && (
          <Pairs label={t.headers} add={t.addHeader} value={endpoint.headers} suggest={inText} onChange={(headers) => put("headers", headers)} wrong={(name) => wrong(`${place}/headers/${name}`)} />
        )}
        <div className="row">
          {PARTS.filter((part) => !endpoint[part]?.length).map((part) => (
            <Button key={part} kind="quiet" onPress={() => put(part, [freshParam(part)])}>
              + {t.addParam[part]}
            </Button>
          ))}
          {!endpoint.headers && (
            <Button kind="quiet" onPress={() => put("headers", { "": "" })}>
              + {t.addHeader}
            </Button>
          )}
        </div>
      </section>
      <BodyForm at={at} endpoint={endpoint} names={names} graphql={graphql} />
      <Paging at={at} endpoint={endpoint} />
      <Advanced key={endpoint.id} at={at} endpoint={endpoint} />
      <TryOut at={at} endpoint={endpoint} />
    </>
  );
}

/** A name in the path that no parameter has yet: made with a click. */
function NewPathParams({ at, endpoint }: Props) {
  const t = useTexts().integrations;
  const { set } = useBuilder();
  const named = [...(endpoint.path ?? "").replace(/\{\{.*?\}\}/g, "").matchAll(/\{(\w+)\}/g)].map((found) => found[1]!);
  const params = endpoint.pathParams ?? [];
  const missing = [...new Set(named)].filter((name) => !params.some((one) => one.name === name));
  if (!missing.length) return null;
  const made: Param[] = missing.map((name) => ({ name, required: true, type: "string" }));
  return (
    <p className="quiet-text">
      {t.pathNames(missing.join(", "))}{" "}
      <button type="button" className="link" onClick={() => set(["endpoints", at, "pathParams"], [...params, ...made])}>
        {t.declare}
      </button>
    </p>
  );
}

function Paging({ at, endpoint }: Props) {
  const t = useTexts().integrations;
  const { set, wrong, problem } = useBuilder();
  const { data: catalog } = useCatalog();
  const paging = endpoint.pagination;
  const kind = kindOf(catalog?.paginators, paging?.type as string);
  const place = `/endpoints/${at}/pagination`;
  const put = (value: Json) => set(["endpoints", at, "pagination"], value);
  const { type, ...config } = paging ?? {};
  const all = Object.keys(kind?.schema.properties ?? {});
  const of = (main: boolean) => (main ? MAIN.filter((name) => all.includes(name)) : all.filter((name) => !MAIN.includes(name)));
  return (
    <details className="card" open={!!paging || undefined}>
      <summary>{t.pagination}</summary>
      <div className="stack">
        <Select
          label={t.paginator}
          value={(type as string) ?? "-"}
          onChange={(name) => put(name === "-" ? undefined : { type: name })}
          options={[{ value: "-", label: t.onePage }, ...choices(catalog?.paginators)]}
          help={kind?.summary ?? t.onePageHelp}
          error={wrong(`${place}/type`) ?? wrong(place)}
        />
        {kind && <SchemaForm only={of(true)} schema={kind.schema} value={config} onChange={(value) => put({ ...value, type })} pointer={place} problem={problem} />}
        {kind && (
          <details open={problem.errors.some((one) => of(false).some((name) => one.pointer?.startsWith(`${place}/${name}`))) || undefined}>
            <summary>{t.further}</summary>
            <SchemaForm only={of(false)} schema={kind.schema} value={config} onChange={(value) => put({ ...value, type })} pointer={place} problem={problem} />
          </details>
        )}
      </div>
    </details>
  );
}
