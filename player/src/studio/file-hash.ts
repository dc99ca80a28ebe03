/** SHA-256 of a file, in hexadecimal. The digest works on the whole file, so one file is hashed at a time. */
let turn: Promise<unknown> = Promise.resolve();

/** Throws DOMException NotReadableError where the file has changed or gone, RangeError where memory is short. */
export function hashFile(file: Blob, onProgress: (bytes: number) => void): Promise<string> {
  const mine = turn.then(() => readAndHash(file, onProgress));
  turn = mine.catch(() => undefined);
  return mine;
}

async function readAndHash(file: Blob, onProgress: (bytes: number) => void): Promise<string> {
  const bytes = new Uint8Array(file.size);
  const reader = file.stream().getReader();
  let filled = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    bytes.set(part.value, filled);
    filled += part.value.length;
    onProgress(filled);
  }
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
