/** Random names made here: of edits, events and intended effects. */
const KEY_BYTES = 16;

/** 32 hexadecimal digits; made this way because `crypto.randomUUID` is missing outside secure contexts. */
export function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
