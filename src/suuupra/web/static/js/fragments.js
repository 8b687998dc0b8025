// How htmx behaves here: the token goes along, and a whole page never lands inside a part of another.
import { token } from "./net.js";

const WHOLE = /^\s*<!doctype/i;

document.addEventListener("htmx:config:request", (event) => {
  /** @type {CustomEvent} */ (event).detail.ctx.request.headers["X-CSRF-Token"] = token();
});

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = /** @type {CustomEvent} */ (event).detail;
  if (!WHOLE.test(ctx.text) || ctx.select || ctx.target === document.body) return;
  if (ctx.response.status >= 400) {
    // A Problem drawn as a page: its words are shown, its bars are not.
    ctx.select = "#main > *";
    ctx.untitled = true;
  } else if (ctx.response.raw.redirected) {
    // Somewhere else altogether, such as the sign-in page after a long pause.
    event.preventDefault();
    location.assign(ctx.response.raw.url);
  }
});

document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = /** @type {CustomEvent} */ (event).detail;
  if (ctx.untitled) ctx.title = "";
});
