// One WebSocket a page for all its topics; see docs/guides/pages.md for the words on the wire.
const FIRST_MS = 500;
const LAST_MS = 30000;
const SIGNED_OUT = 4401;
const MISSED = 4408;

/** @typedef {{ topic: string, id: string | number | null, message: any }} News */

/** @type {Map<string, { ticket: string, after: string | number | null, ears: Set<(news: News) => void> }>} */
const topics = new Map();
/** @type {WebSocket | null} */
let socket = null;
let pause = FIRST_MS;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @returns {Record<string, string>} topic -> ticket, as drawn into the page */
function tickets() {
  return JSON.parse(document.querySelector('meta[name="realtime"]')?.content || "{}");
}

/**
 * Hears a topic until the returned function is called.
 * @param {string} topic
 * @param {(news: News) => void} ear
 * @param {string} [ticket] for topics that a fragment brought
 */
export function hear(topic, ear, ticket) {
  const pass = ticket || tickets()[topic];
  if (!topic || !pass) return () => {};
  const known = topics.get(topic) ?? { ticket: pass, after: null, ears: new Set() };
  const fresh = !topics.has(topic);
  topics.set(topic, known);
  known.ears.add(ear);
  if (fresh) socket?.readyState === WebSocket.OPEN ? subscribe(topic) : open();
  return () => known.ears.delete(ear);
}

/** @param {string} topic */
function subscribe(topic) {
  const { ticket, after } = topics.get(topic) ?? {};
  socket?.send(JSON.stringify({ subscribe: ticket, topic, after: after ?? null }));
}

function open() {
  if (socket && socket.readyState <= WebSocket.OPEN) return;
  clearTimeout(timer);
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/realtime`);
  socket.addEventListener("open", () => {
    pause = FIRST_MS;
    for (const topic of topics.keys()) subscribe(topic);
  });
  socket.addEventListener("message", (event) => take(JSON.parse(event.data)));
  socket.addEventListener("close", (event) => again(event.code));
}

/** @param {any} said */
function take(said) {
  if (said.back_in_s) pause = said.back_in_s * 1000;
  if (said.refused) {
    topics.delete(said.refused);
    document.dispatchEvent(new CustomEvent("su:refused", { detail: said }));
  }
  const known = topics.get(said.topic);
  if (!known || !("message" in said)) return;
  known.after = said.id ?? known.after;
  for (const ear of known.ears) ear(said);
}

/** @param {number} code */
function again(code) {
  socket = null;
  if (code === SIGNED_OUT) return location.reload();
  if (code === MISSED) {
    for (const known of topics.values()) known.after = null;
    document.dispatchEvent(new CustomEvent("su:resync"));
  }
  if (!topics.size) return;
  timer = setTimeout(open, pause * (0.5 + Math.random()));
  pause = Math.min(LAST_MS, pause * 2);
}

// A page kept for the back button must not hold a socket, and a woken one should not wait out its pause.
addEventListener("pagehide", () => socket?.close());
addEventListener("pageshow", (event) => event.persisted && topics.size && open());
addEventListener("online", () => topics.size && open());
