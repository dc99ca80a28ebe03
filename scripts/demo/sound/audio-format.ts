export const SAMPLE_RATE_HZ = 44_100;

/** Two channels of equal length, nominally in -1..1. */
export interface StereoSamples {
  readonly left: Float32Array;
  readonly right: Float32Array;
}

/**
 * Added to what goes into a filter or a feedback loop. Without it they fall silent through denormal numbers, on which
 * the CPU is a hundred times slower; it lies 150 dB below the last bit of the file.
 */
export const DENORMAL_GUARD = 1e-12;

export function silentStereo(length: number): StereoSamples {
  return { left: new Float32Array(length), right: new Float32Array(length) };
}

export function gainOfDb(db: number): number {
  return 10 ** (db / 20);
}

export function dbOfGain(gain: number): number {
  return 20 * Math.log10(Math.max(gain, 1e-12));
}

/** Equal-tempered, A4 = 440 Hz. */
export function frequencyHzOfPitch(midiPitch: number): number {
  return 440 * 2 ** ((midiPitch - 69) / 12);
}

/** How far a one-pole filter moves towards its input with each sample. */
export function onePoleFollow(cutoffHz: number, rateHz: number): number {
  return 1 - Math.exp((-2 * Math.PI * cutoffHz) / rateHz);
}
