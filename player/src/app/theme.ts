/** Light, dark, or as the system has it. The same name is read before the first paint by /theme-boot.js. */
import { observable, useObservable } from "./observable.ts";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const STORAGE_KEY = "rimshot:theme";

const chosen = observable<{ readonly theme: Theme }>({ theme: readTheme() });

export function useTheme(): Theme {
  return useObservable(chosen, (value) => value.theme);
}

export function setTheme(theme: Theme): void {
  chosen.set({ theme });
  const root = document.documentElement;
  if (theme === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = theme;
  try {
    if (theme === "system") localStorage.removeItem(STORAGE_KEY);
    else localStorage.setItem(STORAGE_KEY, theme);
  } catch {
    // The choice then lasts as long as the page.
  }
}

function readTheme(): Theme {
  const shown = document.documentElement.dataset["theme"];
  return shown === "light" || shown === "dark" ? shown : "system";
}
