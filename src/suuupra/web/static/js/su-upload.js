import "../vendor/tus.min.js";
import { post, sentence, size, token } from "./net.js";
import { forget, headHash, keep, same, waiting } from "./upload-memory.js";

const { tus } = /** @type {any} */ (globalThis);
const CHUNK_BYTES = 8 * 1024 * 1024;
const RETRY_MS = [0, 1000, 3000, 5000, 10000, 20000, 30000];
const GONE = [403, 404, 410];
const SIGNED_OUT = 401;
const PASSING = [408, 409, 423, 429];

/** Whether a refusal may be gone a moment later: no answer, a busy server, too many at once. */
const mayPass = (/** @type {number} */ status) => status < 400 || status >= 500 || PASSING.includes(status);

/** Sends one file by tus; goes on at the byte after a cut line, a closed tab or a restarted server. */
export class Upload extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input");
    this.bar = this.querySelector("progress");
    this.input.addEventListener("change", () => this.chosen());
    const drop = this.querySelector(".drop");
    for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
      drop.addEventListener(name, (event) => this.drag(event, drop));
    }
    this.act("pause", () => this.pause());
    this.act("resume", () => this.run());
    this.act("drop", () => this.drop());
    this.guard = (/** @type {Event} */ event) => this.dataset.state === "running" && event.preventDefault();
    addEventListener("beforeunload", this.guard);
    this.remind();
    this.chosen(); // a quick hand chooses before this module is there: no change is heard then
  }

  chosen() {
    const [file] = this.input.files;
    if (file) this.choose(file);
  }

  disconnectedCallback() {
    removeEventListener("beforeunload", this.guard);
    this.upload?.abort();
  }

  get ticketUrl() {
    return this.dataset.ticketUrl ?? "";
  }

  piece(name) {
    return this.querySelector(`[data-part="${name}"]`);
  }

  act(name, what) {
    this.querySelector(`[data-act="${name}"]`)?.addEventListener("click", what);
  }

  drag(event, drop) {
    event.preventDefault();
    drop.toggleAttribute("data-over", event.type === "dragenter" || event.type === "dragover");
    const file = event.type === "drop" && event.dataTransfer?.files[0];
    if (file) this.choose(file);
  }

  remind() {
    const found = waiting(this.ticketUrl);
    const note = this.piece("waiting");
    note.hidden = !found;
    if (!found) return;
    const share = Math.floor((found.sent / found.bytes) * 100);
    const discard = Object.assign(document.createElement("button"), { className: "btn is-small", type: "button" });
    discard.textContent = "Drop it";
    discard.addEventListener("click", () => this.drop());
    note.replaceChildren(`“${found.name}” waits at ${share}%. Choose the same file to go on.`, discard);
  }

  async choose(file) {
    this.say("error", "");
    const limit = Number(this.dataset.maxBytes);
    if (limit && file.size > limit) return this.fail(`This file has ${size(file.size)}; at most ${size(limit)} fit.`);
    this.file = file;
    this.state("hashing", "Looking at the file");
    const head = await headHash(file);
    const known = waiting(this.ticketUrl);
    if (known && !same(known, file, head)) {
      return this.fail(`This is another file. “${known.name}” still waits: choose it, or drop it first.`);
    }
    if (!known && !(await this.ticket(file, head))) return undefined;
    return this.run();
  }

  /** Asks for a place to send the file to. */
  async ticket(file, head) {
    const { replaces } = this.dataset;
    const asked = { name: file.name, length_bytes: file.size, type: file.type, head_sha256: head };
    const answer = await post(this.ticketUrl, replaces ? { ...asked, replaces } : asked).catch(() => null);
    if (!answer?.ok) {
      const text = answer ? await answer.text() : "";
      this.fail(sentence(text, answer ? "The server did not take this file." : "There is no connection just now."));
      return false;
    }
    const { id, address, chunk_bytes: chunk } = await answer.json();
    const place = { id: String(id), address, chunk: chunk || CHUNK_BYTES, sent: 0 };
    keep(this.ticketUrl, { name: file.name, bytes: file.size, head, ...place });
    return true;
  }

  run() {
    const place = waiting(this.ticketUrl);
    if (!place || !this.file) return;
    this.began = { at: performance.now(), sent: null };
    this.upload = new tus.Upload(this.file, {
      uploadUrl: place.address,
      chunkSize: place.chunk,
      retryDelays: RETRY_MS,
      onShouldRetry: (error) => mayPass(error.originalResponse?.getStatus() ?? 0),
      storeFingerprintForResuming: false,
      removeFingerprintOnSuccess: true,
      headers: { "X-CSRF-Token": token() },
      onProgress: (sent, whole) => this.moved(sent, whole),
      onChunkComplete: (_, sent) => keep(this.ticketUrl, { ...waiting(this.ticketUrl), sent }),
      onSuccess: () => this.done(place),
      onError: (error) => this.broke(error),
    });
    this.state("running", "Uploading");
    this.upload.start();
  }

  moved(sent, whole) {
    this.began.sent ??= sent;
    this.bar.max = whole;
    this.bar.value = sent;
    const seconds = (performance.now() - this.began.at) / 1000;
    const rate = (sent - this.began.sent) / seconds;
    const left = rate > 0 && seconds > 2 ? `, about ${Math.ceil((whole - sent) / rate / 60)} min left` : "";
    this.say("figures", `${size(sent)} of ${size(whole)}${left}`);
  }

  done({ id, address }) {
    forget(this.ticketUrl);
    this.input.value = "";
    this.bar.value = this.bar.max;
    this.state("done", "Uploaded");
    this.dispatchEvent(new CustomEvent("su:uploaded", { detail: { id, address }, bubbles: true }));
  }

  broke(error) {
    const answer = error.originalResponse;
    const status = answer?.getStatus() ?? 0;
    const said = sentence(answer?.getBody() ?? "", "");
    if (GONE.includes(status) || (status !== SIGNED_OUT && !mayPass(status))) {
      forget(this.ticketUrl);
      return this.fail(said || "The server no longer keeps this upload. Please start anew.");
    }
    this.state("paused", said || (navigator.onLine ? "The upload stopped; what was sent is kept." : "No connection; what was sent is kept."));
    return undefined;
  }

  async pause() {
    await this.upload?.abort();
    this.state("paused", "Paused");
  }

  async drop() {
    const place = waiting(this.ticketUrl);
    await this.upload?.abort();
    forget(this.ticketUrl);
    if (place) await tus.Upload.terminate(place.address, { headers: { "X-CSRF-Token": token() } }).catch(() => {});
    this.file = undefined;
    this.input.value = "";
    this.remind();
    this.state("idle", "");
  }

  fail(text) {
    this.file = undefined;
    this.input.value = "";
    this.state("failed", "");
    this.say("error", text);
    this.remind();
  }

  /** @param {"idle"|"hashing"|"running"|"paused"|"done"|"failed"} state @param {string} words */
  state(state, words) {
    this.dataset.state = state;
    const busy = ["hashing", "running", "paused", "done"].includes(state);
    this.piece("run").hidden = !busy;
    this.querySelector(".drop").hidden = busy;
    if (busy) this.piece("waiting").hidden = true;
    this.querySelector('[data-act="pause"]').hidden = state !== "running";
    this.querySelector('[data-act="resume"]').hidden = state !== "paused";
    this.say("name", this.file?.name ?? "");
    this.say("status", words);
  }

  say(name, text) {
    const part = this.piece(name);
    part.textContent = text;
    if (name === "error") part.hidden = !text;
  }
}

customElements.define("su-upload", Upload);
