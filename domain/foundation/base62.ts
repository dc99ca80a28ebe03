/**
 * Fixed-width base62 for 128-bit values. The alphabet is in ASCII order, so that comparing two encoded
 * values as text orders them as the numbers they stand for.
 */
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** 62^22 > 2^128 > 62^21: every 128-bit value fits in 22 characters, and none in 21. */
export const BASE62_LENGTH = 22;

const RADIX = 62n;
const VALUE_MAX = (1n << 128n) - 1n;

export function encodeBase62(value: bigint): string {
  if (value < 0n || value > VALUE_MAX) throw new RangeError("base62 takes an unsigned 128-bit value");
  let rest = value;
  let text = "";
  for (let i = 0; i < BASE62_LENGTH; i++) {
    text = ALPHABET.charAt(Number(rest % RADIX)) + text;
    rest /= RADIX;
  }
  return text;
}

/** The value, or null where the text is not the encoding of a 128-bit value. */
export function decodeBase62(text: string): bigint | null {
  if (text.length !== BASE62_LENGTH) return null;
  let value = 0n;
  for (const character of text) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) return null;
    value = value * RADIX + BigInt(digit);
  }
  return value <= VALUE_MAX ? value : null;
}
