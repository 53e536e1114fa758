import { useLayoutEffect, useSyncExternalStore } from "react";
import type { View } from "../view/view.ts";

/** Light or dark: as the view has it, or else the system. */
export function useScheme(theme: View["theme"]): "light" | "dark" {
  const isSystemDark = useSyncExternalStore(subscribe, () => systemDark().matches);
  // Before anything reads a colour.
  useLayoutEffect(() => {
    if (theme === null) delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
  }, [theme]);
  return theme ?? (isSystemDark ? "dark" : "light");
}

function systemDark(): MediaQueryList {
  return matchMedia("(prefers-color-scheme: dark)");
}

function subscribe(onChange: () => void): () => void {
  const query = systemDark();
  query.addEventListener("change", onChange);
  return () => query.removeEventListener("change", onChange);
}
