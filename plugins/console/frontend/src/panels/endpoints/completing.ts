/** What can be completed in an endpoint's code, beside Python's own words: the request, the user, the nine modules. */
import type { Completion, CompletionPlace } from "../../kit/LazyEditor";

const MODULES = ["collections", "datetime", "itertools", "json", "math", "re", "statistics", "time", "typing"];

const MEMBERS: Record<string, Completion[]> = {
  request: [
    { label: "method", kind: "property", detail: "str" },
    { label: "path", kind: "property", detail: "str" },
    { label: "headers", kind: "property", detail: ".get(name, default)" },
    { label: "query_params", kind: "property", detail: ".get(name, default)" },
    { label: "path_params", kind: "property", detail: "dict" },
    { label: "json", apply: "json()", kind: "function", detail: "the body" },
  ],
  user: [
    { label: "id", kind: "property", detail: "str" },
    { label: "username", kind: "property", detail: "str" },
    { label: "email", kind: "property", detail: "str" },
  ],
};

export function completionsOf({ before, word }: CompletionPlace): Completion[] {
  const stem = before.slice(0, before.length - word.length);
  const owner = /(\w+)\.$/.exec(stem)?.[1];
  if (owner) return MEMBERS[owner] ?? [];
  if (/^\s*(import|from)\s+$/.test(stem)) return MODULES.map((label) => ({ label, kind: "text" }));
  if (!word) return [];
  return ["widget_data", "request", "user"].map((label) => ({ label, kind: "variable" }));
}
