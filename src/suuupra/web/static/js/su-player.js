import { Controls } from "./player-controls.js";
import { Source } from "./player-source.js";
import { Watch } from "./player-watch.js";

const RENEWABLE = [401, 403, 410];
const RENEWAL_MS = 30000;

/** The lesson player: a source, a watch that counts, and controls over one video element. */
export class Player extends HTMLElement {
  connectedCallback() {
    const { src = "", mp4 = "", resumeMs = "0", beatUrl = "", beatS = "10" } = this.dataset;
    this.video = this.querySelector("video");
    this.note = this.querySelector(".player-note");
    this.source = new Source(this.video, { hls: src, mp4, startMs: Number(resumeMs) }, {
      refused: (text, status) => this.refused(text, status),
      levels: (levels) => this.controls.levels(levels),
      subtitles: (tracks) => this.controls.subtitles(tracks),
    });
    this.watch = new Watch(this.video, { url: beatUrl, everyS: Number(beatS) || 10 }, (answer) => this.heard(answer));
    this.controls = new Controls(this, this.video, this.source, () => this.toggle());
    this.video.addEventListener("playing", () => this.state("playing"));
    this.video.addEventListener("pause", () => this.state("paused"));
    this.video.addEventListener("waiting", () => this.state("waiting"));
    this.video.addEventListener("ended", () => this.ended());
    if (src || mp4) this.source.open();
  }

  disconnectedCallback() {
    this.watch?.close();
    this.controls?.close();
    this.source?.close();
  }

  /** @param {string} state */
  state(state) {
    if (this.dataset.state !== "refused") this.dataset.state = state;
  }

  async toggle() {
    if (this.dataset.state === "refused") return;
    this.wished = this.video.paused;
    if (!this.wished) return void this.video.pause();
    this.source.start();
    if (this.dataset.state === "idle") this.state("waiting");
    // A play() cut short by a pause or a new source is no fault.
    await this.video.play().catch(() => this.video.paused && this.state("paused"));
  }

  ended() {
    this.state("ended");
    this.dispatchEvent(new CustomEvent("su:ended", { bubbles: true }));
  }

  /** A grant that ran out while the lid was closed is renewed by one beat; a real refusal is said. */
  async refused(text, status) {
    const lately = performance.now() - (this.renewedAt ?? -Infinity) < RENEWAL_MS;
    if (RENEWABLE.includes(status) && this.dataset.beatUrl && !lately) {
      this.renewedAt = performance.now();
      const before = this.source.grant;
      await this.watch.send();
      if (this.dataset.state === "refused") return;
      if (this.source.grant !== before) return this.reload();
    }
    this.say(text || "This video cannot be played now.");
  }

  /** The stream anew under its new grant; what she wished before still holds, since a new source cuts play() short. */
  reload() {
    this.source.renew(this.source.grant, true);
    this.video.addEventListener("canplay", () => this.wished && this.video.play().catch(() => {}), { once: true });
  }

  /** @param {{ grant?: string, position_ms?: number, refused?: string }} answer */
  heard(answer) {
    if (answer.grant) this.source.renew(answer.grant);
    if (answer.refused) this.say(answer.refused);
    this.dispatchEvent(new CustomEvent("su:beat", { detail: answer, bubbles: true }));
  }

  /** @param {string} text */
  say(text) {
    this.video.pause();
    this.dataset.state = "refused";
    this.note.textContent = text;
    this.note.hidden = false;
    this.querySelector(".player-controls").hidden = true;
  }
}

customElements.define("su-player", Player);
