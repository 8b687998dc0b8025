import { hear } from "./realtime.js";

/** Turns the news of a topic into `su:message` events, for htmx triggers and other elements. */
export class Live extends HTMLElement {
  connectedCallback() {
    this.leave = hear(
      this.dataset.topic ?? "",
      (news) => this.dispatchEvent(new CustomEvent("su:message", { detail: news, bubbles: true })),
      this.dataset.ticket,
    );
  }

  disconnectedCallback() {
    this.leave?.();
  }
}
