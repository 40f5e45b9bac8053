/** Light, dark, or as the system has it. */
import { Watched } from "../api/watched";

const KEPT = "pegboard.theme";
export const THEMES = ["system", "light", "dark"] as const;

export const theme = new Watched<string>(localStorage.getItem(KEPT) ?? "system");

function show(): void {
  const chosen = theme.get();
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}

export function choose(name: string): void {
  localStorage.setItem(KEPT, name);
  theme.set(name);
}

theme.watch(show);
show();
