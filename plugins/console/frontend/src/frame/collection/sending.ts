/** Sending what a form or an action says. */
import { request } from "../../api/client";

export interface Answer {
  body: unknown;
  etag: string | null;
}

export async function send(path: string, method: string, body?: unknown, etag?: string | null): Promise<Answer> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (etag) headers["If-Match"] = etag;
  const answer = await request(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const text = await answer.text();
  const isJson = answer.headers.get("content-type")?.includes("json") ?? false;
  return { body: text && isJson ? (JSON.parse(text) as unknown) : text || null, etag: answer.headers.get("etag") };
}

/** For a merge patch: what was changed, null for what was taken out. */
export function changes(before: Record<string, unknown>, after: Record<string, unknown>): Record<string, unknown> {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changed = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  return Object.fromEntries(changed.map((name) => [name, after[name] ?? null]));
}
