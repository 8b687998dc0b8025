// Bringing a stream into a video element: hls.js first (browsers answer "maybe" to HLS and then fail), native HLS, MP4.
import { sentence } from "./net.js";

const GRANT = /^((?:https?:\/\/[^/]+)?\/media\/)[^/]+(?=\/)/;
const NATIVE = "application/vnd.apple.mpegurl";

/** @param {any} request the XMLHttpRequest of a failed load @returns {string} the reason in the answer */
function reason(request) {
  try {
    const text = request.responseType === "arraybuffer" ? new TextDecoder().decode(request.response) : request.responseText;
    return sentence(text, "");
  } catch {
    return "";
  }
}

/** One source of a player; `grant` may be renewed while it plays. */
export class Source {
  /**
   * @param {HTMLVideoElement} video
   * @param {{ hls: string, mp4: string, startMs: number }} where
   * @param {{ refused: (text: string, status: number) => void, levels: (levels: any[]) => void, subtitles: (tracks: any[]) => void }} tell
   */
  constructor(video, where, tell) {
    this.video = video;
    this.where = where;
    this.tell = tell;
    this.grant = "";
  }

  /** @param {string} url @returns {string} the same address under the newest grant */
  fresh(url) {
    return this.grant ? url.replace(GRANT, (_, prefix) => prefix + this.grant) : url;
  }

  async open() {
    const { default: Hls } = await import("../vendor/hls.min.mjs");
    if (this.where.hls && Hls.isSupported()) return this.openHls(Hls);
    const native = this.where.hls && this.video.canPlayType(NATIVE);
    const plain = native ? this.where.hls : this.where.mp4;
    if (!plain) return this.tell.refused("This browser cannot play the video.", 0);
    this.video.src = this.fresh(plain);
    this.video.addEventListener("loadedmetadata", () => (this.video.currentTime = this.where.startMs / 1000), { once: true });
    this.video.addEventListener("error", () => this.tell.refused("The video could not be loaded.", 0));
    return undefined;
  }

  openHls(Hls) {
    this.events = Hls.Events;
    this.hls = new Hls({
      enableWorker: false,
      autoStartLoad: false,
      capLevelToPlayerSize: true,
      startPosition: this.where.startMs / 1000,
      xhrSetup: (xhr, url) => xhr.open("GET", this.fresh(url), true),
    });
    this.hls.on(Hls.Events.MANIFEST_PARSED, (_, { levels }) => {
      this.tell.levels(levels);
      this.parsed = true;
      if (this.wanted) this.begin();
    });
    this.hls.on(Hls.Events.SUBTITLE_TRACKS_UPDATED, (_, { subtitleTracks }) => this.tell.subtitles(subtitleTracks));
    this.hls.on(Hls.Events.ERROR, (_, data) => this.failed(Hls, data));
    this.hls.loadSource(this.where.hls);
    this.hls.attachMedia(this.video);
  }

  failed(Hls, data) {
    const status = data.response?.code ?? 0;
    if (status === 401 || status === 403 || status === 410) {
      this.hls.stopLoad();
      return this.tell.refused(reason(data.networkDetails), status);
    }
    if (!data.fatal) return undefined;
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && !this.recovered) {
      this.recovered = true;
      return this.hls.recoverMediaError();
    }
    const words = status === 404 ? "The video is not there." : "The video could not be loaded.";
    return this.tell.refused(reason(data.networkDetails) || words, status);
  }

  /** Lets segments load; before the first press only the manifest is fetched. */
  start() {
    if (!this.wanted && this.parsed) this.begin();
    this.wanted = true;
  }

  begin() {
    this.hls.startLoad(this.video.currentTime || this.where.startMs / 1000);
  }

  /** Goes on under a new grant: quietly while it plays, by a new manifest after a refusal. @param {string} grant */
  renew(grant, reload = false) {
    this.grant = grant;
    if (!reload) return;
    if (this.hls) {
      this.where.startMs = this.video.currentTime * 1000 || this.where.startMs;
      this.hls.config.startPosition = this.where.startMs / 1000;
      this.parsed = false;
      this.hls.loadSource(this.fresh(this.where.hls));
    } else {
      const at = this.video.currentTime;
      this.video.src = this.fresh(this.video.src);
      this.video.currentTime = at;
    }
  }

  /** @param {number} level index, or -1 for automatic */
  quality(level) {
    if (this.hls) this.hls.nextLevel = level;
  }

  /** @param {number} index of a caption track, or -1 for none */
  captions(index) {
    if (this.hls?.subtitleTracks?.length) {
      this.hls.subtitleDisplay = index >= 0;
      this.hls.subtitleTrack = index;
      return;
    }
    [...this.video.textTracks].forEach((track, number) => (track.mode = number === index ? "showing" : "disabled"));
  }

  close() {
    this.hls?.destroy();
  }
}
