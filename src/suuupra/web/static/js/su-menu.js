/** Closes an open menu by Escape, by a press elsewhere, and when focus leaves it. */
export class Menu extends HTMLElement {
  connectedCallback() {
    const menu = this.querySelector("details");
    const summary = this.querySelector("summary");
    if (!menu || !summary) return;
    const close = () => (menu.open = false);
    this.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      event.stopPropagation();
      close();
      summary.focus();
    });
    this.addEventListener("focusout", (event) => {
      const next = /** @type {Node | null} */ (event.relatedTarget);
      if (next && !this.contains(next)) close();
    });
    this.outside = (/** @type {Event} */ event) => {
      if (!this.contains(/** @type {Node} */ (event.target))) close();
    };
    document.addEventListener("pointerdown", this.outside);
  }

  disconnectedCallback() {
    if (this.outside) document.removeEventListener("pointerdown", this.outside);
  }
}
