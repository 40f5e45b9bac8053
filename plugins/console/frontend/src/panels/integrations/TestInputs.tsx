import { useTexts } from "../../texts";
import { Template } from "./BodyForm";
import type { TestConfig } from "./data";
import { useBuilder } from "./draft";
import type { Endpoint, Json } from "./model";
import { asked, ParamInputs } from "./ParamInputs";
import { isObject } from "./places";

interface Props {
  at: number;
  endpoint: Endpoint;
}

export const testOf = (endpoint: Endpoint): TestConfig => (endpoint.test ?? {}) as TestConfig;
export const asksForNothing = (endpoint: Endpoint): boolean => !asked(endpoint).length && !endpoint.body && !endpoint.graphql;

/** What a test gives: a value for each parameter, and data for the body. Kept with the endpoint. */
export function TestInputs({ at, endpoint }: Props) {
  const t = useTexts().integrations;
  const { set } = useBuilder();
  const config = testOf(endpoint);
  const put = (name: keyof TestConfig, value: Json) => set(["endpoints", at, "test", name], value);
  const isNothing = (value: Json) => value === "" || (isObject(value) && !Object.keys(value).length);
  if (asksForNothing(endpoint)) return <p className="quiet-text">{t.nothingAsked}</p>;
  return (
    <div className="stack">
      {asked(endpoint).length > 0 && <ParamInputs endpoint={endpoint} value={config.testParams} onChange={(value) => put("testParams", value)} />}
      {(endpoint.body ?? endpoint.graphql) && (
        <Template label={t.testBody} value={config.testBody ?? {}} names={[]} minLines={2} onChange={(value) => put("testBody", isNothing(value) ? undefined : value)} />
      )}
    </div>
  );
}
