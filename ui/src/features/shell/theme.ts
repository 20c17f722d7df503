/** Puts the chosen colours on the document. */
import type { Theme } from "../../backend/generated";

export function applyTheme(theme: Theme): void {
  switch (theme) {
    case "system":
      delete document.documentElement.dataset.theme;
      return;
    case "light":
    case "dark":
      document.documentElement.dataset.theme = theme;
      return;
  }
}
