import { hear } from "./realtime.js";

/** The bell's count, moved by messages `{unread: n}`. */
export class Bell extends HTMLElement {
  connectedCallback() {
    const { topic = "", ticket } = this.dataset;
    this.leave = hear(topic, ({ message }) => this.show(Number(message.unread) || 0), ticket);
  }

  disconnectedCallback() {
    this.leave?.();
  }

  /** @param {number} count */
  show(count) {
    const mark = this.querySelector("[data-count]");
    if (mark) {
      mark.textContent = count > 99 ? "99+" : String(count);
      mark.toggleAttribute("hidden", count === 0);
    }
    this.querySelector("a")?.setAttribute("aria-label", count ? `Notifications, ${count}` : "Notifications");
  }
}
