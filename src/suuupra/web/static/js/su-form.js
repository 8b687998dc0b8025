const KEY = "su-form:";
const KEPT = ["text", "email", "search", "url", "tel", "number", "date", "time", "textarea", "select-one"];

/** @param {HTMLFormElement} form */
const place = (form) => `${KEY}${location.pathname}>${new URL(form.action, location.href).pathname}`;

/** @param {HTMLFormElement} form what a Problem page must not swallow: never passwords, files, hidden fields */
const typed = (form) =>
  [...form.elements].filter((field) => field.name && KEPT.includes(field.type)).map((field) => [field.name, field.value]);

/** A form that is sent once, says that it is busy, and gives back what was typed after a Problem. */
export class Form extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector("form");
    if (!form) return;
    form.addEventListener("submit", (event) => this.send(event, form));
    form.addEventListener("htmx:finally:request", () => this.free(form));
    addEventListener("pageshow", () => this.free(form));
  }

  /** @param {SubmitEvent} event @param {HTMLFormElement} form */
  send(event, form) {
    if (this.dataset.sending !== undefined) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (form.method === "dialog") return;
    const byHtmx = form.matches("[hx-post], [hx-get], [hx-put], [hx-delete], [hx-patch]");
    if (form.method === "post" && !byHtmx) sessionStorage.setItem(place(form), JSON.stringify({ fields: typed(form) }));
    this.dataset.sending = "";
    const button = /** @type {HTMLElement | null} */ (event.submitter);
    // After this turn, so that the button's own name and value are still sent.
    setTimeout(() => {
      button?.setAttribute("aria-disabled", "true");
      button?.setAttribute("data-busy", "");
    });
  }

  /** @param {HTMLFormElement} form */
  free(form) {
    delete this.dataset.sending;
    for (const button of form.querySelectorAll("[data-busy]")) {
      button.removeAttribute("data-busy");
      button.removeAttribute("aria-disabled");
    }
  }
}

/** On a Problem page: keeps what was typed. On any other: gives it back where it was typed, then forgets. */
export function restore() {
  const failed = document.body.dataset.problem !== undefined;
  for (const key of Object.keys(sessionStorage).filter((name) => name.startsWith(KEY))) {
    const draft = JSON.parse(sessionStorage.getItem(key) ?? "{}");
    if (failed) {
      sessionStorage.setItem(key, JSON.stringify({ ...draft, failed: true }));
      continue;
    }
    const form = draft.failed && [...document.forms].find((one) => place(one) === key);
    for (const [name, value] of form ? draft.fields : []) {
      const field = form.elements.namedItem(name);
      if (field && "value" in field && !field.value) field.value = value;
    }
    if (form || !draft.failed) sessionStorage.removeItem(key);
  }
}
