/** All texts of the page, in one place. `es` has the type of `en`: a text that is missing stops the build. */
import { Watched, useWatched } from "../api/watched";
import { en } from "./en";
import { es } from "./es";

export type Texts = typeof en;
export const LANGUAGES: Record<string, { name: string; texts: Texts }> = {
  en: { name: "English", texts: en },
  es: { name: "Español", texts: es },
};

const KEPT = "pegboard.language";
const first = [localStorage.getItem(KEPT), ...navigator.languages.map((one) => one.slice(0, 2))];
export const language = new Watched(first.find((one) => one && one in LANGUAGES) ?? "en");

export function speak(chosen: string): void {
  localStorage.setItem(KEPT, chosen);
  language.set(chosen);
}

export const useTexts = (): Texts => (LANGUAGES[useWatched(language)] ?? LANGUAGES.en!).texts;
