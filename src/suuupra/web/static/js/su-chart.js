/** A crosshair over a chart that the server has drawn: by pointer, and by arrow keys once focused. */
export class Chart extends HTMLElement {
  connectedCallback() {
    if (!this.dataset.points || this.points) return;
    this.points = JSON.parse(this.dataset.points);
    this.plot = this.querySelector("svg");
    this.inside = Boolean(this.querySelector(".chart-bar"));
    this.cursor = Object.assign(document.createElement("i"), { className: "chart-cursor", hidden: true });
    this.tip = Object.assign(document.createElement("output"), { className: "chart-tip", hidden: true });
    this.append(this.cursor, this.tip);
    this.tabIndex = 0;
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", `${this.querySelector("svg")?.getAttribute("aria-label")}. Arrow keys walk the figures.`);
    this.addEventListener("pointermove", (event) => this.point(event));
    this.addEventListener("pointerleave", () => this.hide());
    this.addEventListener("keydown", (event) => this.walk(event));
    this.addEventListener("blur", () => this.hide());
  }

  get count() {
    return this.points.labels.length;
  }

  /** @param {PointerEvent} event */
  point(event) {
    const box = this.plot.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    this.show(Math.round(this.inside ? share * this.count - 0.5 : share * (this.count - 1)));
  }

  /** @param {KeyboardEvent} event */
  walk(event) {
    const at = this.index ?? this.count;
    const moves = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: this.count - 1 };
    if (event.key === "Escape") this.hide();
    if (!(event.key in moves)) return;
    event.preventDefault();
    this.show(moves[event.key]);
  }

  /** @param {number} wanted */
  show(wanted) {
    const index = Math.max(0, Math.min(this.count - 1, wanted));
    this.index = index;
    const share = this.inside ? (index + 0.5) / this.count : this.count > 1 ? index / (this.count - 1) : 1;
    const lines = this.points.series.map((line, number) => {
      const row = document.createElement(number ? "span" : "b");
      row.textContent = this.points.series.length > 1 ? `${line.figures[index] ?? "–"} ${line.name}` : line.figures[index];
      return row;
    });
    this.tip.replaceChildren(this.points.labels[index], ...lines);
    this.cursor.hidden = this.tip.hidden = false;
    const plot = this.plot.getBoundingClientRect();
    const at = plot.left - this.getBoundingClientRect().left + share * plot.width;
    const wide = this.tip.offsetWidth;
    this.cursor.style.left = `${at}px`;
    this.tip.style.left = `${Math.max(0, Math.min(this.clientWidth - wide, at - wide / 2))}px`;
  }

  hide() {
    this.index = undefined;
    this.cursor.hidden = this.tip.hidden = true;
  }
}

customElements.define("su-chart", Chart);
