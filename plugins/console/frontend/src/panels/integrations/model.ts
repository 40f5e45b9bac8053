/** A definition as it goes over the wire (document 002), as far as the builder writes it; the rest is kept as it is. */
export type Json = unknown;

export interface Param {
  name: string;
  type?: string;
  required?: boolean;
  default?: Json;
  description?: string;
  valueSource?: string;
  value?: Json;
  arrayFormat?: string;
}

export interface Transform {
  type: string;
  config?: Record<string, Json>;
}

export interface FieldMapping {
  source: string;
  target: string;
  transform?: Transform;
  default?: Json;
  skipIfEmpty?: boolean;
}

export interface ResponseMapping {
  dataPath?: string;
  fieldMappings?: FieldMapping[];
  targetShardTypeId?: string;
  identifierField?: string;
  errorPath?: string;
  metadataMapping?: { totalCount?: string; pageInfo?: string };
}

export interface Endpoint {
  id: string;
  name?: string;
  description?: string;
  method?: string;
  path?: string;
  queryParams?: Param[];
  pathParams?: Param[];
  variables?: Param[];
  headers?: Record<string, string>;
  body?: Record<string, Json>;
  graphql?: Record<string, Json>;
  responseMapping?: ResponseMapping;
  pagination?: Record<string, Json>;
  forEach?: { endpointId: string; path?: string; alias?: string };
  incremental?: Record<string, Json>;
  rateLimit?: Record<string, Json>;
  [more: string]: Json;
}

export interface EventRule {
  eventTypePath: string;
  eventTypeValue: string;
  action: string;
  targetShardTypeId?: string;
  dataPath?: string;
  fieldMappings?: FieldMapping[];
  identifierPath?: string;
  versionPath?: string;
  endpointId?: string;
  code?: string;
}

export interface WebhookConfig {
  webhookSecret?: string;
  signatureConfig?: Record<string, Json>;
  idPath?: string;
  idHeader?: string;
  eventRouting?: EventRule[];
  responseStatus?: number;
  responseBody?: string;
}

export interface Definition {
  name: string;
  displayName?: string;
  description?: string;
  icon?: string;
  color?: string;
  integrationType: string;
  baseUrl?: string;
  auth: { type: string; [more: string]: Json };
  defaultHeaders?: Record<string, string>;
  timeout?: number;
  retryConfig?: Record<string, Json>;
  endpoints?: Endpoint[];
  webhookConfig?: WebhookConfig;
  [more: string]: Json;
}

export interface LastRun {
  id: string;
  endpointId: string;
  status: string;
  recordsIn: number;
  failed: number;
  createdAt: string;
  finishedAt: string | null;
}

/** What the server says of an integration, beside its definition. */
export interface Saved extends Definition {
  id: string;
  status: "active" | "inactive" | "error";
  revision: number;
  lastTestedAt: string | null;
  lastTestResult: string | null;
  updatedAt: string;
  updatedBy: string;
  lastRun?: LastRun | null;
  nextSyncAt?: string | null;
}

const OWN = [
  "id", "tenantId", "status", "revision", "lastTestedAt", "lastTestResult", "lastRun", "nextSyncAt",
  "createdBy", "updatedBy", "createdAt", "updatedAt",
];

/** What the server says of a saved integration is no part of its definition. */
export function definitionOf(saved: Saved | Definition): Definition {
  return whole(Object.fromEntries(Object.entries(saved).filter(([name]) => !OWN.includes(name))));
}

/** What may be left out of a definition, as it is meant then. */
export const whole = (given: Partial<Definition>): Definition =>
  ({ name: "", integrationType: "rest_api", ...given, auth: { type: "none", ...given.auth } }) as Definition;

export const MASK = "***";
export const COLOURS = ["#3b6fd4", "#2e8b57", "#b8860b", "#c0504d", "#7d5ba6", "#2b8a99", "#a8557a", "#5f6b7a"];
export const ICONS = ["◆", "★", "☎", "✉", "⚙", "☁", "⚡", "♥", "⌂", "✎", "∞", "¤"];
export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

export const fresh = (): Definition => ({
  name: "",
  displayName: "",
  integrationType: "rest_api",
  color: COLOURS[0],
  baseUrl: "",
  auth: { type: "none" },
  endpoints: [],
});

/** A text as a name: what a person writes as a title becomes something for addresses. */
export const slug = (text: string): string =>
  text
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .toLowerCase();

/** A name as an id: the same, without what ids do not have. */
export const idOf = (name: string): string => name.replace(/[^A-Za-z0-9_]+/g, "-").replace(/^-+|-+$/g, "");

/** `wanted`, or with a number behind it where it is taken. */
export function free(wanted: string, taken: readonly string[]): string {
  let made = wanted;
  for (let number = 2; taken.includes(made); number += 1) made = `${wanted}-${number}`;
  return made;
}

export const freshEndpoint = (endpoints: readonly Endpoint[]): Endpoint => ({
  id: free("endpoint", endpoints.map((one) => one.id)),
  method: "GET",
  path: "/",
  responseMapping: { dataPath: "$", fieldMappings: [], identifierField: "" },
});

export const titleOf = (one: { displayName?: string; name: string }): string => one.displayName || one.name;
