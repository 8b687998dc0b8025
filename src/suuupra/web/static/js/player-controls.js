// The bar under the film: buttons, slider, menus, keys. It moves the video element and nothing else.
import { clock, memory } from "./net.js";

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];
const QUIET_MS = 2600;
const STEP_S = 5;
const LEAP_S = 10;

export class Controls {
  /** @param {HTMLElement} player @param {HTMLVideoElement} video @param {import("./player-source.js").Source} source @param {() => void} toggle */
  constructor(player, video, source, toggle) {
    Object.assign(this, { player, video, source, toggle });
    this.seekBar = player.querySelector(".player-seek");
    this.total = () => (Number.isFinite(video.duration) ? video.duration : Number(player.dataset.durationMs) / 1000);
    video.controls = false;
    player.querySelector(".player-controls").hidden = false;
    player.querySelector(".player-start").hidden = false;
    this.wire();
    this.remember();
  }

  wire() {
    const { player, video } = this;
    player.addEventListener("click", (event) => this.press(event.target.closest("[data-act]")?.dataset.act, event));
    player.addEventListener("change", (event) => this.choose(event.target));
    player.addEventListener("pointermove", () => this.wake());
    player.addEventListener("focusin", () => this.wake());
    this.keys = (event) => this.key(event);
    document.addEventListener("keydown", this.keys);
    this.seekBar.addEventListener("input", () => this.seek(Number(this.seekBar.value) / 1000));
    player.querySelector('[data-act="volume"]').addEventListener("input", (event) => this.volume(event.target.value / 100));
    for (const name of ["play", "pause", "ended"]) video.addEventListener(name, () => this.draw());
    for (const name of ["timeupdate", "durationchange", "progress", "seeking"]) video.addEventListener(name, () => this.move());
    for (const name of ["volumechange", "ratechange"]) video.addEventListener(name, () => this.keep());
    document.addEventListener("fullscreenchange", () => this.draw());
    const picture = player.querySelector('[data-act="picture"]');
    picture.hidden = !document.pictureInPictureEnabled;
    video.textTracks.addEventListener?.("addtrack", () => this.subtitles([...video.textTracks]));
    if (video.textTracks.length) this.subtitles([...video.textTracks]);
  }

  close() {
    document.removeEventListener("keydown", this.keys);
  }

  press(act, event) {
    const acts = {
      play: () => this.toggle(),
      back: () => this.seek(this.video.currentTime - LEAP_S),
      forward: () => this.seek(this.video.currentTime + LEAP_S),
      mute: () => (this.video.muted = !this.video.muted),
      full: () => this.full(),
      picture: () => (document.pictureInPictureElement ? document.exitPictureInPicture() : this.video.requestPictureInPicture()),
    };
    if (acts[act]) acts[act]();
    else if (event.target === this.video) this.toggle();
  }

  choose(field) {
    if (field.dataset.act === "speed") this.video.playbackRate = this.video.defaultPlaybackRate = Number(field.value);
    if (field.dataset.act === "quality") this.source.quality(Number(field.value));
    if (field.dataset.act === "captions") this.source.captions(Number(field.value));
  }

  key(event) {
    const { target } = event;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const within = this.player.contains(target);
    if (!within && target.closest?.("input, textarea, select, button, a, summary, [contenteditable], [tabindex]:not(main)")) return;
    if (target.matches?.('select, [data-act="volume"]') || (event.key === " " && target.matches?.("button, summary, a"))) return;
    const { video } = this;
    const keys = {
      " ": () => this.toggle(), k: () => this.toggle(),
      j: () => this.seek(video.currentTime - LEAP_S), l: () => this.seek(video.currentTime + LEAP_S),
      ArrowLeft: () => this.seek(video.currentTime - STEP_S), ArrowRight: () => this.seek(video.currentTime + STEP_S),
      ArrowUp: () => this.volume(video.volume + 0.1), ArrowDown: () => this.volume(video.volume - 0.1),
      Home: () => this.seek(0), End: () => this.seek(this.total()),
      f: () => this.full(), m: () => (video.muted = !video.muted),
      "<": () => this.faster(-1), ">": () => this.faster(1),
    };
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || (!within && event.key.startsWith("Arrow") && event.key !== "ArrowLeft" && event.key !== "ArrowRight")) return;
    if (!within && (event.key === "Home" || event.key === "End")) return;
    event.preventDefault();
    act();
    this.wake();
  }

  seek(seconds) {
    this.video.currentTime = Math.max(0, Math.min(this.total(), seconds));
    this.move();
  }

  volume(level) {
    this.video.volume = Math.max(0, Math.min(1, level));
    this.video.muted = this.video.volume === 0;
  }

  faster(step) {
    const at = SPEEDS.indexOf(this.video.playbackRate);
    const speed = SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, (at < 0 ? 2 : at) + step))];
    this.video.playbackRate = this.video.defaultPlaybackRate = speed;
  }

  full() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (this.player.requestFullscreen) this.player.requestFullscreen().catch(() => {});
    else this.video.webkitEnterFullscreen?.();
  }

  /** Shows the bar for a while; at rest it stays. */
  wake() {
    delete this.player.dataset.quiet;
    clearTimeout(this.sleep);
    this.sleep = setTimeout(() => {
      if (!this.video.paused && !this.player.querySelector(".player-menu").open) this.player.dataset.quiet = "";
    }, QUIET_MS);
  }

  move() {
    const { video } = this;
    const total = this.total();
    // Before the first press the bar shows where she will go on.
    const here = this.player.dataset.state === "idle" ? Number(this.player.dataset.resumeMs) / 1000 : video.currentTime;
    const at = Math.round(here * 1000);
    this.seekBar.max = Math.round(total * 1000);
    this.seekBar.value = at;
    this.seekBar.setAttribute("aria-valuetext", `${clock(here)} of ${clock(total)}`);
    const [loaded, played] = this.player.querySelectorAll(".player-track progress");
    loaded.max = played.max = total || 1;
    played.value = here;
    const ranges = video.buffered;
    loaded.value = ranges.length ? ranges.end(ranges.length - 1) : 0;
    this.player.querySelector("[data-time]").textContent = clock(here);
    this.player.querySelector(".player-total").textContent = `/ ${clock(total)}`;
  }

  draw() {
    const { player, video } = this;
    const playing = !video.paused && !video.ended;
    const button = player.querySelector('.player-buttons [data-act="play"]');
    button.setAttribute("aria-label", playing ? "Pause" : "Play");
    button.setAttribute("aria-pressed", String(playing));
    const full = player.querySelector('[data-act="full"]');
    full.setAttribute("aria-pressed", String(document.fullscreenElement === player));
    if (!playing) delete player.dataset.quiet;
  }

  /** What this browser likes: speed and volume, kept for the next lesson. */
  remember() {
    const kept = memory.read("su-player") ?? {};
    if (SPEEDS.includes(kept.speed)) this.video.playbackRate = this.video.defaultPlaybackRate = kept.speed;
    if (kept.volume >= 0 && kept.volume <= 1) this.video.volume = kept.volume;
    this.video.muted = Boolean(kept.muted);
    this.move();
    this.keep();
  }

  keep() {
    const { player, video } = this;
    player.querySelector('[data-act="speed"]').value = String(video.playbackRate);
    player.querySelector('[data-act="volume"]').value = String(video.muted ? 0 : Math.round(video.volume * 100));
    const mute = player.querySelector('[data-act="mute"]');
    mute.setAttribute("aria-pressed", String(video.muted));
    mute.setAttribute("aria-label", video.muted ? "Unmute" : "Mute");
    memory.write("su-player", { speed: video.playbackRate, volume: video.volume, muted: video.muted });
  }

  levels(levels) {
    const options = levels.map((level, index) => new Option(`${level.height || Math.round(level.bitrate / 1000)}${level.height ? "p" : " kb/s"}`, String(index)));
    this.player.querySelector('[data-act="quality"]').replaceChildren(new Option("Auto", "-1"), ...options.reverse());
  }

  subtitles(tracks) {
    const options = tracks.map((track, index) => new Option(track.name || track.label || track.lang || track.language, String(index)));
    this.player.querySelector('[data-act="captions"]').replaceChildren(new Option("Off", "-1"), ...options);
    this.player.querySelector('[data-part="captions"]').hidden = !options.length;
  }
}
