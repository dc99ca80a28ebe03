/**
 * What one pass over a recording's samples, in one channel at a low rate, says of it: the outline that seek bars show,
 * the fingerprint that recordings are compared by, and the stretch that a preview is taken from.
 */
import { WAVEFORM_PEAK_MAX, WAVEFORM_PEAKS } from "#domain/delivery/waveform.ts";
import type { RecordingFingerprint } from "#workers/ingest/transcodes/transcodes-contract.ts";
import type { CheckedMaster } from "./check-master.ts";
import { Chromaprint, FINGERPRINT_ALGORITHM, FINGERPRINT_SAMPLE_RATE } from "./chromaprint.ts";
import { inputArguments, lastLine, limitsFor, runFfmpeg } from "./ffmpeg.ts";
import { PREVIEW_SECONDS } from "./make-ladder.ts";

export interface SoundProfile {
  /** The highest sample of each of WAVEFORM_PEAKS equal parts of the recording, at full scale WAVEFORM_PEAK_MAX. */
  readonly waveform: Uint8Array;
  /** Null where the recording is too short for one. */
  readonly fingerprint: RecordingFingerprint | null;
  /** Where a preview begins, in frames of the master. */
  readonly previewStartFrame: number;
}

/** As much as AcoustID and fpcalc listen to: fingerprints of different lengths compare badly. */
const FINGERPRINT_SECONDS_MAX = 120;
const ENERGY_SECONDS = 0.5;

const SAMPLE_RATE = FINGERPRINT_SAMPLE_RATE;
const BYTES_OF_SAMPLE = 2;
const FULL_SCALE = 32_768;

export async function profileSound(master: CheckedMaster, signal: AbortSignal): Promise<SoundProfile> {
  const { totalFrames, stream } = master;
  const durationSeconds = totalFrames / stream.sampleRate;
  const meter = new SoundMeter(Math.max(1, Math.round(durationSeconds * SAMPLE_RATE)));
  const filter = `atrim=end_sample=${totalFrames}`;
  const output = ["-map", "0:a:0", "-af", filter, "-ac", "1", "-ar", String(SAMPLE_RATE), "-f", "s16le", "pipe:1"];
  const args = ["-v", "error", ...inputArguments(master.path, master.format), ...output];
  const run = await runFfmpeg(args, limitsFor(durationSeconds), signal, (bytes) => meter.take(bytes));
  if (run.exitCode !== 0) throw new Error(`the samples could not be read: ${lastLine(run.stderr)}`);
  const previewStartSeconds = loudestStretch(meter.energies(), Math.round(PREVIEW_SECONDS / ENERGY_SECONDS));
  return {
    waveform: meter.waveform(),
    fingerprint: meter.fingerprint(),
    previewStartFrame: Math.floor(previewStartSeconds * ENERGY_SECONDS * stream.sampleRate),
  };
}

/** Takes samples as they come, and keeps of them only what is asked for: recordings of hours pass through. */
export class SoundMeter {
  readonly #totalSamples: number;
  readonly #peaks = new Uint8Array(WAVEFORM_PEAKS);
  readonly #energies: number[] = [];
  readonly #chromaprint = new Chromaprint();
  #samples = 0;
  /** Half a sample that the last piece ended with. */
  #rest = Buffer.alloc(0);

  constructor(totalSamples: number) {
    this.#totalSamples = totalSamples;
  }

  take(bytes: Buffer): void {
    const whole = Buffer.concat([this.#rest, bytes]);
    const count = Math.floor(whole.length / BYTES_OF_SAMPLE);
    this.#rest = whole.subarray(count * BYTES_OF_SAMPLE);
    const samples = new Int16Array(count);
    for (let i = 0; i < count; i++) samples[i] = whole.readInt16LE(i * BYTES_OF_SAMPLE);
    const left = FINGERPRINT_SECONDS_MAX * SAMPLE_RATE - this.#samples;
    if (left > 0) this.#chromaprint.feed(samples.subarray(0, left));
    for (const sample of samples) this.#measure(sample);
  }

  #measure(sample: number): void {
    // A resampler rounds the length either way: what is beyond it belongs to the last peak.
    const place = Math.floor((this.#samples * WAVEFORM_PEAKS) / this.#totalSamples);
    const peak = Math.min(WAVEFORM_PEAKS - 1, place);
    const level = Math.round((Math.abs(sample) * WAVEFORM_PEAK_MAX) / FULL_SCALE);
    if (level > (this.#peaks[peak] ?? 0)) this.#peaks[peak] = level;
    const stretch = Math.floor(this.#samples / (ENERGY_SECONDS * SAMPLE_RATE));
    this.#energies[stretch] = (this.#energies[stretch] ?? 0) + sample * sample;
    this.#samples += 1;
  }

  waveform(): Uint8Array {
    return this.#peaks;
  }

  /** Of each half second, in no unit. */
  energies(): readonly number[] {
    return this.#energies;
  }

  fingerprint(): RecordingFingerprint | null {
    const numbers = this.#chromaprint.finish();
    if (numbers.length === 0) return null;
    const bytes = Buffer.alloc(numbers.length * Uint32Array.BYTES_PER_ELEMENT);
    numbers.forEach((number, index) => {
      bytes.writeUInt32LE(number, index * Uint32Array.BYTES_PER_ELEMENT);
    });
    const heard = Math.min(this.#samples, FINGERPRINT_SECONDS_MAX * SAMPLE_RATE);
    return {
      algorithm: FINGERPRINT_ALGORITHM,
      duration_ms: Math.round((heard * 1_000) / SAMPLE_RATE),
      fingerprint: bytes.toString("base64"),
    };
  }
}

/** Where the run of `length` parts with the most energy begins; the first of them where several have as much. */
export function loudestStretch(energies: readonly number[], length: number): number {
  let sum = 0;
  let best = { start: 0, sum: -1 };
  for (const [index, energy] of energies.entries()) {
    sum += energy - (energies[index - length] ?? 0);
    const start = index - length + 1;
    if (start >= 0 && sum > best.sum) best = { start, sum };
  }
  return best.start;
}
