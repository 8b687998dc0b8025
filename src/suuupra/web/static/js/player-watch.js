// What was really watched: stretches of media time, sent as beats, kept until the server has them.
import { post, sentence } from "./net.js";

const JUMP_S = 2;
const KEPT = 100;
const NO_LONGER = [401, 403, 404, 410, 451];

/** @param {number} seconds */
const ms = (seconds) => Math.round(seconds * 1000);

export class Watch {
  /**
   * @param {HTMLVideoElement} video
   * @param {{ url: string, everyS: number }} beat
   * @param {(answer: { grant?: string, position_ms?: number, refused?: string }) => void} heard
   */
  constructor(video, beat, heard) {
    this.video = video;
    this.beat = beat;
    this.heard = heard;
    /** @type {number[][]} */
    this.intervals = [];
    this.stalls = 0;
    /** @type {number | null} */
    this.from = null;
    this.last = 0;
    video.addEventListener("playing", () => this.begin());
    video.addEventListener("timeupdate", () => this.move());
    video.addEventListener("pause", () => this.rest());
    video.addEventListener("seeking", () => this.rest());
    video.addEventListener("waiting", () => this.stall());
    video.addEventListener("ended", () => this.rest());
    this.timer = setInterval(() => video.paused || this.send(), beat.everyS * 1000);
    this.leaving = () => (this.end(), this.send(true));
    addEventListener("pagehide", this.leaving);
  }

  close() {
    clearInterval(this.timer);
    removeEventListener("pagehide", this.leaving);
    this.end();
    this.send(true);
  }

  begin() {
    if (this.from === null) this.from = this.last = this.video.currentTime;
  }

  /** A position that jumped was not watched in between. */
  move() {
    const now = this.video.currentTime;
    if (this.from !== null && !this.video.seeking) {
      if (now < this.last || now - this.last > JUMP_S * Math.max(1, this.video.playbackRate)) {
        this.end();
        this.from = now;
      }
      this.last = now;
    }
  }

  end() {
    if (this.from !== null && this.last > this.from) this.intervals.push([ms(this.from), ms(this.last)]);
    if (this.intervals.length > KEPT) this.intervals.shift();
    this.from = null;
  }

  rest() {
    const watched = this.from !== null;
    if (!this.video.seeking) this.move();
    this.end();
    if (watched) this.send();
  }

  stall() {
    if (this.video.currentTime > 0 && !this.video.seeking && !this.video.paused) this.stalls += 1;
  }

  /**
   * One beat at a time; what is asked meanwhile goes out as one more after it.
   * @param {boolean} [leaving]
   * @returns {Promise<boolean>} whether the server took it
   */
  send(leaving = false) {
    if (!this.beat.url) return Promise.resolve(false);
    if (leaving) return this.tell(true);
    if (this.flight) {
      this.following ??= this.flight.then(() => ((this.following = undefined), this.send()));
      return this.following;
    }
    this.flight = this.tell(false).finally(() => (this.flight = undefined));
    return this.flight;
  }

  /** @param {boolean} leaving */
  async tell(leaving) {
    const playing = this.from !== null;
    this.move();
    this.end();
    if (playing && !leaving) this.from = this.last;
    const sent = this.intervals.splice(0);
    const { stalls } = this;
    this.stalls = 0;
    const body = { intervals: sent, position_ms: ms(this.video.currentTime), speed: this.video.playbackRate, stalls };
    const answer = await post(this.beat.url, body, true).catch(() => null);
    if (!answer || answer.status >= 500 || answer.status === 429) {
      this.intervals.unshift(...sent);
      this.intervals.splice(0, this.intervals.length - KEPT);
      this.stalls += stalls;
      return false;
    }
    const text = await answer.text();
    if (answer.ok) this.heard(JSON.parse(text || "{}"));
    else if (NO_LONGER.includes(answer.status)) this.heard({ refused: sentence(text, "Playing is no longer allowed.") });
    return answer.ok;
  }
}
