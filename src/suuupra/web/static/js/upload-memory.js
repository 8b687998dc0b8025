// Which upload of which file stopped where: enough to know the file again after the tab was closed.
import { memory } from "./net.js";

const HEAD_BYTES = 1024 * 1024;

/** @typedef {{ name: string, bytes: number, head: string, id: string, address: string, chunk: number, sent: number }} Waiting */

/** @param {string} ticketUrl */
const key = (ticketUrl) => `su-upload:${ticketUrl}`;

/** @param {string} ticketUrl @returns {Waiting | null} */
export const waiting = (ticketUrl) => memory.read(key(ticketUrl));

/** @param {string} ticketUrl @param {Waiting} upload */
export const keep = (ticketUrl, upload) => memory.write(key(ticketUrl), upload);

/** @param {string} ticketUrl */
export const forget = (ticketUrl) => memory.write(key(ticketUrl), null);

/**
 * SHA-256 of the first MiB in hex; empty where the browser has no WebCrypto (plain HTTP away from loopback).
 * @param {Blob} file
 */
export async function headHash(file) {
  if (!crypto.subtle) return "";
  const digest = await crypto.subtle.digest("SHA-256", await file.slice(0, HEAD_BYTES).arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {Waiting} upload @param {File} file @param {string} head */
export const same = (upload, file, head) =>
  upload.name === file.name && upload.bytes === file.size && upload.head === head;
