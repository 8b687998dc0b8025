// One act of tus-js-client as it comes from npm: upload.js <act> <endpoint> <cookie> <file>; the answer is JSON.
import { createReadStream, statSync } from "node:fs";
import { FileUrlStorage, Upload } from "tus-js-client";

const [act, endpoint, cookie, path] = process.argv.slice(2);
const size = statSync(path).size;

/** @param {object} more @returns {Upload} */
const upload = (more) =>
  new Upload(createReadStream(path), {
    endpoint,
    uploadSize: size,
    chunkSize: 40_000,
    retryDelays: [0, 100, 300],
    headers: { Cookie: cookie },
    metadata: { filename: "foreign.mp4", filetype: "video/mp4" },
    urlStorage: new FileUrlStorage(`${path}.memory`),
    ...more,
  });

/** @param {object} more @returns {Promise<object>} */
const finished = (more, prepare = async (_) => {}) =>
  new Promise((resolve, reject) => {
    const one = upload({ ...more, onSuccess: () => resolve({ url: one.url }), onError: reject });
    prepare(one).then(() => one.start(), reject);
  });

/** Sends about half of it and forgets about it, as a closed tab does. */
const interrupted = () =>
  new Promise((resolve, reject) => {
    const one = upload({
      onError: reject,
      onChunkComplete: (_, sent) => sent >= size / 2 && one.abort().then(() => resolve({ url: one.url, sent })),
    });
    one.start();
  });

const acts = {
  whole: () => finished({}),
  along: () => finished({ uploadDataDuringCreation: true }),
  half: interrupted,
  resume: () =>
    finished({}, async (one) => {
      const [known] = await one.findPreviousUploads();
      one.resumeFromPreviousUpload(known);
    }),
  terminate: async () => {
    const { url } = await interrupted();
    await Upload.terminate(url, { headers: { Cookie: cookie } });
    return { url };
  },
  refused: () => finished({ retryDelays: null }),
};

try {
  console.log(JSON.stringify(await acts[act]()));
} catch (error) {
  console.log(JSON.stringify({ status: error.originalResponse?.getStatus() ?? 0, said: String(error) }));
}
