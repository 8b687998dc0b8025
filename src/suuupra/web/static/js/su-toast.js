const STAY_MS = 8000;

/** A sentence that leaves by itself, unless it is bad news, touched, or being read by keyboard. */
export class Toast extends HTMLElement {
  connectedCallback() {
    this.querySelector("[data-dismiss]")?.addEventListener("click", () => this.remove());
    if (this.classList.contains("is-bad")) return;
    this.wait();
    for (const name of ["pointerenter", "focusin"]) this.addEventListener(name, () => clearTimeout(this.timer));
    for (const name of ["pointerleave", "focusout"]) this.addEventListener(name, () => this.wait());
  }

  wait() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.remove(), STAY_MS);
  }
}
