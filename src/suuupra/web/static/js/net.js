// Talking to our own server: the token, JSON, the sentence of a Problem, and what the browser remembers.

/** @returns {string} the CSRF token of this page, or nothing when nobody is signed in */
export const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

/**
 * POSTs JSON with the token; `keepalive` lets it outlive the page.
 * @param {string} url
 * @param {object} body
 * @param {boolean} [keepalive]
 */
export const post = (url, body, keepalive = false) =>
  fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": token() },
    body: JSON.stringify(body),
    credentials: "same-origin",
    keepalive,
  });

/** @param {string} text the body of a refusal @param {string} otherwise @returns {string} its sentence */
export function sentence(text, otherwise) {
  try {
    const problem = JSON.parse(text);
    return problem.errors?.[0]?.detail || problem.detail || problem.title || otherwise;
  } catch {
    return otherwise;
  }
}

/** localStorage that never throws: a private window forgets, and that is all. */
export const memory = {
  /** @param {string} key @returns {any} */
  read(key) {
    try {
      return JSON.parse(localStorage.getItem(key) ?? "null");
    } catch {
      return null;
    }
  },
  /** @param {string} key @param {any} value */
  write(key, value) {
    try {
      value === null ? localStorage.removeItem(key) : localStorage.setItem(key, JSON.stringify(value));
    } catch {
      // Full or forbidden: the page works without.
    }
  },
};

/** @param {number} seconds @returns {string} 842 -> 14:02 */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const rest = `${hours ? two(Math.floor(whole / 60) % 60) : Math.floor(whole / 60)}:${two(whole % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

/** @param {number} bytes @returns {string} 8388608 -> 8.4 MB */
export function size(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (bytes >= 999.5 && unit < units.length - 1) {
    bytes /= 1000;
    unit += 1;
  }
  return `${unit ? bytes.toFixed(1).replace(/\.0$/, "") : bytes} ${units[unit]}`;
}
