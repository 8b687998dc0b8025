// Every custom element of the product is registered here, and nowhere else. Heavy ones load when they first stand.
import "./fragments.js";
import { Bell } from "./su-bell.js";
import { Dialog } from "./su-dialog.js";
import { Form, restore } from "./su-form.js";
import { Live } from "./su-live.js";
import { Menu } from "./su-menu.js";
import { Password } from "./su-password.js";
import { Theme } from "./su-theme.js";
import { Toast } from "./su-toast.js";

// htmx parses fragments of our own server; no other text ever becomes markup, and none becomes script.
globalThis.trustedTypes?.createPolicy("default", { createHTML: (text) => text });

customElements.define("su-bell", Bell);
customElements.define("su-dialog", Dialog);
customElements.define("su-form", Form);
customElements.define("su-live", Live);
customElements.define("su-menu", Menu);
customElements.define("su-password", Password);
customElements.define("su-theme", Theme);
customElements.define("su-toast", Toast);

/** @type {Record<string, () => Promise<unknown>>} */
const LATER = {
  "su-chart": () => import("./su-chart.js"),
  "su-player": () => import("./su-player.js"),
  "su-progress": () => import("./su-progress.js"),
  "su-upload": () => import("./su-upload.js"),
};

function load() {
  for (const [name, bring] of Object.entries(LATER)) {
    if (document.querySelector(name)) {
      delete LATER[name];
      bring();
    }
  }
}

load();
restore();
document.addEventListener("htmx:after:settle", load);
document.querySelector("[data-focus]")?.focus();
