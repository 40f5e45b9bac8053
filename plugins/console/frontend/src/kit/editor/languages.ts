/** The grammars, each in a file of its own that is fetched when it is first wanted. */
import type { Extension } from "@codemirror/state";
import type { Language } from "./props";

export async function grammar(language: Language): Promise<Extension> {
  if (language === "python") return (await import("@codemirror/lang-python")).python();
  if (language === "json") return (await import("@codemirror/lang-json")).json();
  if (language === "javascript") return (await import("@codemirror/lang-javascript")).javascript();
  return [];
}
