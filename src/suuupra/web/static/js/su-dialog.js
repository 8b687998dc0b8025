/** Opens a native dialog by its buttons where the browser does not yet know `command`, and closes it by the backdrop. */
export class Dialog extends HTMLElement {
  connectedCallback() {
    const dialog = this.querySelector("dialog");
    if (!dialog) return;
    if (!("command" in HTMLButtonElement.prototype)) {
      this.opener = (/** @type {Event} */ event) => {
        const button = /** @type {Element} */ (event.target).closest?.(`[commandfor="${CSS.escape(dialog.id)}"]`);
        if (button?.getAttribute("command") === "show-modal") dialog.showModal();
      };
      document.addEventListener("click", this.opener);
    }
    dialog.addEventListener("click", (event) => {
      const button = /** @type {Element} */ (event.target).closest?.('button[value="cancel"]');
      if (button && button.getAttribute("type") !== "submit") dialog.close("cancel");
      if (event.target === dialog && !("closedBy" in dialog)) dialog.close("cancel");
    });
    if (this.dataset.open !== undefined) dialog.showModal();
  }

  disconnectedCallback() {
    if (this.opener) document.removeEventListener("click", this.opener);
  }
}
