/** Follows a long job by server-sent events and moves a `<progress>` and its text. */
export class Progress extends HTMLElement {
  connectedCallback() {
    if (!this.dataset.src) return;
    this.source = new EventSource(this.dataset.src);
    this.source.addEventListener("message", (event) => this.take(event.data));
    for (const end of ["done", "failed"]) {
      this.source.addEventListener(end, (event) => {
        if (event.data) this.take(event.data);
        this.finish(end);
      });
    }
  }

  disconnectedCallback() {
    this.source?.close();
  }

  /** @param {string} data */
  take(data) {
    const { value, maximum, text, state } = JSON.parse(data);
    const bar = this.querySelector("progress");
    if (bar && maximum) bar.max = maximum;
    if (bar && value !== undefined) bar.value = value;
    const words = this.querySelector(".meter-text");
    if (words) words.textContent = text ?? (bar ? `${Math.round((bar.value / bar.max) * 100)}%` : "");
    this.dispatchEvent(new CustomEvent("su:progress", { detail: { value, maximum, text, state }, bubbles: true }));
    if (state === "done" || state === "failed") this.finish(state);
  }

  /** @param {string} state */
  finish(state) {
    if (this.dataset.state === state) return;
    this.dataset.state = state;
    this.source?.close();
    this.dispatchEvent(new CustomEvent(`su:${state}`, { bubbles: true }));
  }
}

customElements.define("su-progress", Progress);
