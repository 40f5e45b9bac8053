/** The one way to the API: typed by its OpenAPI document, with the session's CSRF token, failures as `Problem`. */
import createClient from "openapi-fetch";
import { connection } from "./connection";
import { problemOf, Problem } from "./problem";
import type { components, paths } from "./schema";
import { session } from "./session";

export type Schemas = components["schemas"];

const meta = (name: string) => document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";

/** The path that the app is mounted at, without a slash at its end. */
export const root = meta("pegboard-root");
/** For the style elements that libraries make. */
export const nonce = meta("pegboard-nonce");

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
const OVER = new Set(["unauthorized", "session-over"]);

async function send(asked: Request): Promise<Response> {
  if (!SAFE.has(asked.method) && session.csrf) asked.headers.set("X-CSRF-Token", session.csrf);
  let answer: Response;
  try {
    answer = await fetch(asked, { credentials: "same-origin" });
  } catch (error) {
    if (asked.signal.aborted) throw error;
    connection.lost();
    throw new Problem(0, "connection-lost", "The server cannot be reached.");
  }
  connection.found();
  return answer;
}

/** Once more, where the access token was over and is renewed, or where another tab has begun a session of its own. */
async function answered(asked: Request): Promise<Response> {
  const isAccount = session.who.get()?.kind === "account";
  const again = isAccount || !SAFE.has(asked.method) ? asked.clone() : null;
  const answer = await send(asked);
  if (!again || !(await isCured(answer, isAccount))) return answer;
  return send(again);
}

async function isCured(answer: Response, isAccount: boolean): Promise<boolean> {
  if (answer.status === 401) return isAccount && session.renew();
  if (answer.status !== 403) return false;
  const told = problemOf(403, await answer.clone().json().catch(() => null));
  return told.code === "csrf-token-invalid" && session.reload();
}

/** `fetch` of a path of the app: same origin, the cookie, the CSRF token; a `Problem` unless it went well. */
export async function request(path: string | Request, init?: RequestInit): Promise<Response> {
  const answer = await answered(typeof path === "string" ? new Request(root + path, init) : path);
  if (answer.ok) return answer;
  const problem = problemOf(answer.status, await answer.json().catch(() => null));
  if (problem.status === 401 && OVER.has(problem.code)) session.ended();
  throw problem;
}

/** JSON in and out, for paths that only the running app knows (panels of other plugins). */
export async function json<T>(path: string, method = "GET", body?: unknown, init: RequestInit = {}): Promise<T> {
  const headers = { ...(body !== undefined && { "Content-Type": "application/json" }), ...init.headers };
  const text = body === undefined ? undefined : JSON.stringify(body);
  const answer = await request(path, { ...init, method, headers, body: text });
  const said = answer.status === 204 ? "" : await answer.text();
  return (said ? JSON.parse(said) : undefined) as T;
}

/** `await data(api.GET("/api/jobs/{id}", {params: {path: {id}}}))` is the typed answer. */
export const api = createClient<paths>({ baseUrl: location.origin + root, fetch: (asked) => request(asked) });

export async function data<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T;
}

/** The address of a WebSocket or of a download. */
export const address = (path: string): string => new URL(root + path, location.href).href;
