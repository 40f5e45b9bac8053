/** What may stand between {{ and }}: the names that an endpoint's parameters and parents bind. */
import type { Definition, Endpoint } from "./model";
import type { Suggestion, Suggestions } from "./Suggest";

export interface Name {
  name: string;
  help: string;
}

/** All names that templates of an endpoint may have. */
export function namesOf(definition: Definition, endpoint: Endpoint, texts: Record<"param" | "body" | "params" | "since" | "parent", string>): Name[] {
  const params = [...(endpoint.pathParams ?? []), ...(endpoint.queryParams ?? []), ...(endpoint.variables ?? [])];
  const own = params.filter((one) => one.name).map((one) => ({ name: one.name, help: one.description || texts.param }));
  const always = [
    { name: "params", help: texts.params },
    { name: "body", help: texts.body },
    ...(endpoint.incremental ? [{ name: "since", help: texts.since }] : []),
  ];
  return [...own, ...parents(definition, endpoint).map((name) => ({ name, help: texts.parent })), ...always];
}

function parents(definition: Definition, endpoint: Endpoint): string[] {
  const found: string[] = [];
  let at: Endpoint | undefined = endpoint;
  while (at?.forEach && found.length < 10) {
    found.push(at.forEach.alias || "parent");
    at = (definition.endpoints ?? []).find((one) => one.id === at!.forEach!.endpointId);
  }
  return found;
}

const OPEN = /\{\{\s*([\w.$]*)$/;
const SINGLE = /(^|[^{])\{(\w*)$/;

/** Completes the placeholder at the end of what was typed; with `single`, {name} of a path as well. */
export const templateSuggestions = (names: readonly Name[], single = false): Suggestions => (typed) => {
  const open = OPEN.exec(typed);
  const simple = single ? SINGLE.exec(typed) : null;
  const begun = (open?.[1] ?? simple?.[2])?.toLowerCase();
  if (begun === undefined) return [];
  const [left, right] = open ? ["{{", "}}"] : ["{", "}"];
  const before = typed.slice(0, typed.length - begun.length).replace(/\{\{?\s*$/, "");
  return names
    .filter((one) => one.name.toLowerCase().startsWith(begun))
    .map((one): Suggestion => ({ text: `${before}${left}${one.name}${right}`, label: `${left}${one.name}${right}`, help: one.help }));
};
