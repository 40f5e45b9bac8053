/** The line that calls an endpoint from a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The address with its parameters filled in; those without a value stay as they are written. */
export function addressOf(template: string, path: Record<string, string>, query: readonly (readonly [string, string])[]): string {
  const filled = template.replace(/\{(\w+)(:\w+)?\}/g, (all, name: string, kind?: string) => {
    const value = path[name];
    if (!value) return all;
    return kind === ":path" ? value.split("/").map(encodeURIComponent).join("/") : encodeURIComponent(value);
  });
  const asked = new URLSearchParams(query.filter(([name]) => name) as [string, string][]).toString();
  return asked ? `${filled}?${asked}` : filled;
}

/** `$PEGBOARD_KEY` stands for the caller's key: no key is ever written into the line. */
export function curlOf(url: string, method: string, open: boolean, body: string): string {
  const parts = ["curl"];
  if (method !== "GET") parts.push("-X", method);
  if (!open) parts.push("-H", '"X-API-Key: $PEGBOARD_KEY"');
  if (takesBody(method) && body) parts.push("-H", quoted("Content-Type: application/json"), "-d", quoted(body));
  return [...parts, quoted(url)].join(" ");
}

export const takesBody = (method: string): boolean => method !== "GET" && method !== "DELETE";
