// Light or dark: as the system says, until somebody chooses.

import { useEffect, useState } from "preact/hooks";

export type Theme = "light" | "dark";

const dark = matchMedia("(prefers-color-scheme: dark)");
const preferred = (): Theme => (dark.matches ? "dark" : "light");

/** The theme and a way to choose the other one. */
export function useTheme(): [Theme, () => void] {
  const [theme, setTheme] = useState(preferred);
  const [isChosen, setIsChosen] = useState(false);
  useEffect(() => {
    if (isChosen) return;
    const follow = () => setTheme(preferred());
    dark.addEventListener("change", follow);
    return () => dark.removeEventListener("change", follow);
  }, [isChosen]);
  // Before the charts are drawn, which ask the style sheet for colours.
  document.documentElement.dataset["theme"] = theme;
  const choose = () => {
    setIsChosen(true);
    setTheme((theme) => (theme === "light" ? "dark" : "light"));
  };
  return [theme, choose];
}
