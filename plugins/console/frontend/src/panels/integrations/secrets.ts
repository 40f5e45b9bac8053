/** Which values of a definition are credentials: they stay in memory, and never get into the browser's storage. */
import { type Definition, type Json, MASK } from "./model";
import type { JsonSchema } from "../../api/jsonschema";
import { isObject, type Path, pointerOf, put } from "./places";

/** As the server has it: headers and parameters whose names say that they hold one. */
const NAME =
  /^.*(authoriz|authentic|cookie|secret|passw|token|credential|session|(api|access|auth|subscription|functions|account|shared|private).?key).*$/i;

const hides = (schema: JsonSchema | undefined): boolean =>
  !!schema && (schema.format === "password" || schema.writeOnly === true || (schema.anyOf ?? []).some(hides));

/** The paths of all credentials that hold something; `auth` is the schema of the chosen provider's config. */
export function secretPaths(definition: Definition, auth: JsonSchema | undefined): Path[] {
  return [
    ...ofAuth(definition.auth, auth),
    ...ofNames(definition.defaultHeaders, ["defaultHeaders"]),
    ...(definition.endpoints ?? []).flatMap((endpoint, at) => [
      ...ofNames(endpoint.headers, ["endpoints", at, "headers"]),
      ...(["queryParams", "pathParams"] as const).flatMap((part) =>
        (endpoint[part] ?? []).flatMap((param, index) =>
          NAME.test(param.name) ? (["value", "default"] as const).map((name) => ["endpoints", at, part, index, name]) : [],
        ),
      ),
      ...ofNames((endpoint.test as { testParams?: Record<string, string> } | undefined)?.testParams, ["endpoints", at, "test", "testParams"]),
      ...ofSchema(endpoint.body?.schema, ["endpoints", at, "body", "schema"]),
    ]),
    ["webhookConfig", "webhookSecret"],
  ];
}

function ofAuth(auth: Definition["auth"], schema: JsonSchema | undefined): Path[] {
  return Object.entries(auth).flatMap(([name, value]): Path[] => {
    const field = schema?.properties?.[name];
    if (isObject(value)) return hides(field?.additionalProperties as JsonSchema) ? Object.keys(value).map((key) => ["auth", name, key]) : [];
    return hides(field) || (!schema && NAME.test(name)) ? [["auth", name]] : [];
  });
}

const ofNames = (headers: Record<string, string> | undefined, path: Path): Path[] =>
  Object.keys(headers ?? {}).filter((name) => NAME.test(name)).map((name) => [...path, name]);

function ofSchema(schema: Json, path: Path): Path[] {
  if (!isObject(schema) || !isObject(schema.properties)) return [];
  return Object.entries(schema.properties).flatMap(([name, inner]) => {
    const place = [...path, "properties", name];
    return [...(NAME.test(name) ? [[...place, "value"]] : []), ...ofSchema(inner, place)];
  });
}

/** A definition without its credentials, and the pointers to those that were taken out. */
export function stripped(definition: Definition, auth: JsonSchema | undefined): { definition: Definition; taken: string[] } {
  let made = definition;
  const taken: string[] = [];
  for (const path of secretPaths(definition, auth)) {
    const value = path.reduce<Json>((found, step) => (found as Record<string, Json> | undefined)?.[step], definition);
    if (value === undefined || value === "" || value === MASK) continue;
    made = put(made, path, "");
    taken.push(pointerOf(path));
  }
  return { definition: made, taken };
}
