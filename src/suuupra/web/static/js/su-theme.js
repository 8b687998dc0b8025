const ORDER = ["auto", "light", "dark"];
const YEAR_S = 31536000;

/** Turns through auto, light and dark. The choice is a cookie, so that the next page is drawn right at once. */
export class Theme extends HTMLElement {
  connectedCallback() {
    this.querySelector("button")?.addEventListener("click", () => this.turn());
    this.say(this.chosen);
  }

  get chosen() {
    return document.documentElement.dataset.theme ?? "auto";
  }

  turn() {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    // Leaving auto, go first to the theme that looks different: one press, one visible change.
    const order = dark ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
    const next = order[(order.indexOf(this.chosen) + 1) % ORDER.length];
    const root = document.documentElement;
    next === "auto" ? delete root.dataset.theme : (root.dataset.theme = next);
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `theme=${next}; Path=/; Max-Age=${YEAR_S}; SameSite=Lax${secure}`;
    this.say(next);
  }

  /** @param {string} theme */
  say(theme) {
    this.querySelector("button")?.setAttribute("aria-label", `Switch theme, now ${theme}`);
  }
}
