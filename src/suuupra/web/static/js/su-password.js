/** Shows and hides what is typed; without JavaScript the button never appears. */
export class Password extends HTMLElement {
  connectedCallback() {
    const input = this.querySelector("input");
    const button = this.querySelector("button");
    if (!input || !button) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      const shown = input.type === "text";
      input.type = shown ? "password" : "text";
      button.setAttribute("aria-pressed", String(!shown));
      button.setAttribute("aria-label", shown ? "Show password" : "Hide password");
      input.focus();
    });
    // A shown password must not be stored by the browser as plain text of a field.
    input.form?.addEventListener("submit", () => (input.type = "password"));
  }
}
