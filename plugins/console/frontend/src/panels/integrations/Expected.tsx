import { Button } from "../../kit/Button";
import { TextField } from "../../kit/Fields";
import { useTexts } from "../../texts";
import { useBuilder } from "./draft";
import type { TestConfig } from "./data";
import type { Endpoint } from "./model";
import { textOf, valueOf } from "./Params";
import { PathField } from "./PathField";
import { without } from "./places";
import { testOf } from "./TestInputs";

type Expectations = NonNullable<TestConfig["expectations"]>;

/** What the answer of an endpoint has to be. */
export function Expected({ at, endpoint }: { at: number; endpoint: Endpoint }) {
  const t = useTexts().integrations;
  const { set, wrong } = useBuilder();
  const expected = testOf(endpoint).expectations ?? {};
  const place = `/endpoints/${at}/test/expectations`;
  const put = (next: Expectations) => {
    const kept = Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined && (!Array.isArray(value) || value.length)));
    set(["endpoints", at, "test", "expectations"], Object.keys(kept).length ? kept : undefined);
  };
  const paths = expected.jsonPath ?? [];
  const change = (index: number, more: Partial<(typeof paths)[number]>) => put({ ...expected, jsonPath: paths.map((one, other) => (other === index ? { ...one, ...more } : one)) });
  return (
    <fieldset className="group">
      <legend>{t.expectations}</legend>
      <div className="cells">
        <TextField label={t.expectedStatus} type="number" placeholder="200" value={textOf(expected.statusCode)} onChange={(text) => put({ ...expected, statusCode: text ? Number(text) : undefined })} error={wrong(`${place}/statusCode`)} />
        <TextField label={t.expectedTexts} lines={2} value={(expected.bodyContains ?? []).join("\n")} help={t.expectedTextsHelp} onChange={(text) => put({ ...expected, bodyContains: text ? text.split("\n") : undefined })} error={wrong(`${place}/bodyContains`)} />
      </div>
      {paths.map((one, index) => (
        <div key={index} className="cells-pair">
          <PathField label={t.pathAt(index + 1)} hideLabel name={`expected${index}`} scope="body" value={one.path} placeholder="$.total" onChange={(path) => change(index, { path })} error={wrong(`${place}/jsonPath/${index}/path`)} />
          <TextField label={t.valueOf(one.path)} value={textOf(one.value)} placeholder={t.value} onChange={(text) => change(index, { value: valueOf(text, undefined) ?? "" })} />
          <Button kind="quiet" aria-label={t.removeOf(one.path || String(index + 1))} onPress={() => put({ ...expected, jsonPath: without(paths, index) })}>
            ✕
          </Button>
        </div>
      ))}
      <Button kind="quiet" onPress={() => put({ ...expected, jsonPath: [...paths, { path: "$.", value: "" }] })}>
        + {t.addExpectation}
      </Button>
    </fieldset>
  );
}
