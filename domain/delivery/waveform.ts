/** The outline of a recording, as seek bars draw it: peaks over equal parts of it, a byte each, in base64. */
export const WAVEFORM_PEAKS = 1_000;
/** Of a peak at full scale. */
export const WAVEFORM_PEAK_MAX = 255;
/** Base64 writes three bytes in four characters. */
export const WAVEFORM_LENGTH_MAX = Math.ceil(WAVEFORM_PEAKS / 3) * 4;

export function encodeWaveform(peaks: Uint8Array): string {
  return btoa(String.fromCharCode(...peaks));
}

/** Null for anything but the peaks of a waveform. */
export function decodeWaveform(text: string): Uint8Array<ArrayBuffer> | null {
  if (text.length !== WAVEFORM_LENGTH_MAX) return null;
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return bytes.length === WAVEFORM_PEAKS ? bytes : null;
  } catch {
    // It is not base64.
    return null;
  }
}

export function isWaveform(text: string): boolean {
  return decodeWaveform(text) !== null;
}
