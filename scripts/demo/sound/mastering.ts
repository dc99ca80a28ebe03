/** From the mix to the file: tape, saturation, fades, loudness, limiter, dither. */
import type { SeededRandom } from "../seeded-random.ts";
import { dbOfGain, gainOfDb, SAMPLE_RATE_HZ, type StereoSamples } from "./audio-format.ts";
import { integratedLoudnessLufs } from "./loudness.ts";
import { nextNoise } from "./noise.ts";
import { highPass, lowPass } from "./part-effects.ts";
import { SINE, TABLE_LENGTH } from "./wavetables.ts";

export interface MasterDesign {
  readonly loudnessLufs: number;
  readonly toneHz: number;
  readonly saturation: number;
  readonly tapeWowMs: number;
  readonly fadeOutSeconds: number;
}

export const PEAK_CEILING_DBFS = -1;
const LOUDNESS_MAX_LUFS = -12.2;
const DC_CUT_HZ = 18;
const FADE_IN_SECONDS = 0.004;
const LIMITER_BLOCK_SAMPLES = 64;
const LIMITER_RELEASE_SECONDS = 0.12;
const LIMITER_ATTACK_SECONDS = 0.004;
const SLOW_WOW_HZ = 0.47;
const FAST_WOW_HZ = 5.3;
const TOP_OF_HEARING_HZ = 18_000;

/**
 * Shapes the mix in place and returns the gain that is still to be applied to bring it to its loudness, with peaks at
 * the ceiling.
 */
export function master(mix: StereoSamples, design: MasterDesign): number {
  highPass(mix, DC_CUT_HZ);
  if (design.toneHz < TOP_OF_HEARING_HZ) lowPass(mix, design.toneHz);
  if (design.tapeWowMs > 0) tapeWow(mix, design.tapeWowMs);
  saturate(mix, design.saturation);
  fade(mix, design.fadeOutSeconds);
  const gain = gainOfDb(design.loudnessLufs - integratedLoudnessLufs(mix));
  const ceiling = gainOfDb(PEAK_CEILING_DBFS);
  const peak = limit(mix, ceiling / gain);
  // A piece with mild peaks may come up to the ceiling, as far as it does not get louder than its neighbours.
  const headroomDb = Math.max(0, dbOfGain(ceiling / (gain * peak)));
  return gain * gainOfDb(Math.min(headroomDb, LOUDNESS_MAX_LUFS - design.loudnessLufs));
}

/** 16-bit samples, left and right in turn, with triangular dither of one step. The gain leaves peaks below full scale. */
export function interleave16(mix: StereoSamples, gain: number, random: SeededRandom): Int16Array {
  const { left, right } = mix;
  const out = new Int16Array(left.length * 2);
  const scale = gain * 32_767;
  let noise = random.nextInt32() | 1;
  for (let index = 0; index < left.length; index++) {
    // The halves of one random word are independent enough to be the two uniforms whose difference is triangular.
    noise = nextNoise(noise);
    const ditherLeft = ((noise & 0xffff) - (noise >>> 16)) / 65_536;
    noise = nextNoise(noise);
    const ditherRight = ((noise & 0xffff) - (noise >>> 16)) / 65_536;
    // Rounds to the nearest: the offset keeps the number positive, where dropping the fraction rounds down.
    out[2 * index] = (((left[index] as number) * scale + ditherLeft + 32_768.5) | 0) - 32_768;
    out[2 * index + 1] = (((right[index] as number) * scale + ditherRight + 32_768.5) | 0) - 32_768;
  }
  return out;
}

/** A cubic that rounds peaks off: `amount` 0 leaves the signal alone, 1 bends it as far as it goes without folding. */
function saturate(mix: StereoSamples, amount: number): void {
  if (amount === 0) return;
  const third = amount / 3;
  for (const channel of [mix.left, mix.right]) {
    for (let index = 0; index < channel.length; index++) {
      const sample = Math.max(-1, Math.min(1, channel[index] as number));
      channel[index] = sample - third * sample * sample * sample;
    }
  }
}

/** A worn transport: the speed sways slowly, and a little faster on top. */
function tapeWow(mix: StereoSamples, depthMs: number): void {
  const depth = (depthMs / 1_000) * SAMPLE_RATE_HZ;
  const { left, right } = mix;
  const sourceLeft = left.slice();
  const sourceRight = right.slice();
  let slow = 0;
  let fast = 0;
  for (let index = 0; index < left.length; index++) {
    const sway = 1.06 + (SINE[slow | 0] as number) + 0.03 * (SINE[fast | 0] as number);
    const position = Math.max(0, index - depth * sway);
    const cell = position | 0;
    const part = position - cell;
    // At the very end the sway may not reach beyond the source, which the fade has silenced by then.
    const next = Math.min(cell + 1, index);
    left[index] = (sourceLeft[cell] as number) * (1 - part) + part * (sourceLeft[next] as number);
    right[index] = (sourceRight[cell] as number) * (1 - part) + part * (sourceRight[next] as number);
    slow = nextPhase(slow, SLOW_WOW_HZ);
    fast = nextPhase(fast, FAST_WOW_HZ);
  }
}

function nextPhase(phase: number, frequencyHz: number): number {
  const next = phase + (frequencyHz * TABLE_LENGTH) / SAMPLE_RATE_HZ;
  return next >= TABLE_LENGTH ? next - TABLE_LENGTH : next;
}

function fade(mix: StereoSamples, outSeconds: number): void {
  const inSamples = Math.round(FADE_IN_SECONDS * SAMPLE_RATE_HZ);
  const outSamples = Math.round(outSeconds * SAMPLE_RATE_HZ);
  for (const channel of [mix.left, mix.right]) {
    for (let index = 0; index < inSamples; index++) channel[index] = ((channel[index] as number) * index) / inSamples;
    const start = channel.length - outSamples;
    for (let index = 0; index < outSamples; index++) {
      const left = 1 - index / outSamples;
      const gain = left * left * (3 - 2 * left);
      channel[start + index] = (channel[start + index] as number) * gain;
    }
  }
}

/**
 * Looks ahead block by block. The gain at each block's edge is the least that either side of it needs, and runs
 * straight between edges: so no sample passes the ceiling, and the gain never jumps. Returns the peak before.
 */
function limit(mix: StereoSamples, ceiling: number): number {
  const peaks = blockPeaks(mix);
  const edges = edgeGains(peaks, ceiling);
  for (let block = 0; block < peaks.length; block++) {
    const from = edges[block] as number;
    const to = edges[block + 1] as number;
    if (from === 1 && to === 1) continue;
    const first = block * LIMITER_BLOCK_SAMPLES;
    const last = Math.min(first + LIMITER_BLOCK_SAMPLES, mix.left.length);
    const step = (to - from) / LIMITER_BLOCK_SAMPLES;
    for (let index = first; index < last; index++) {
      const gain = from + step * (index - first);
      mix.left[index] = (mix.left[index] as number) * gain;
      mix.right[index] = (mix.right[index] as number) * gain;
    }
  }
  return peaks.reduce((most, peak) => Math.max(most, peak), 1e-9);
}

/** Peaks of the wave itself, which may lie between the samples: a lossy encoder would bring them out. */
function blockPeaks({ left, right }: StereoSamples): Float64Array {
  const peaks = new Float64Array(Math.ceil(left.length / LIMITER_BLOCK_SAMPLES));
  for (let block = 0; block < peaks.length; block++) {
    const first = block * LIMITER_BLOCK_SAMPLES;
    const last = Math.min(first + LIMITER_BLOCK_SAMPLES, left.length);
    peaks[block] = Math.max(peakBetween(left, first, last), peakBetween(right, first, last));
  }
  return peaks;
}

function peakBetween(channel: Float32Array, first: number, last: number): number {
  let peak = 0;
  let before = channel[Math.max(0, first - 2)] as number;
  let near = channel[Math.max(0, first - 1)] as number;
  let far = channel[first] as number;
  for (let index = first; index < last; index++) {
    const after = channel[Math.min(index + 1, channel.length - 1)] as number;
    // The middle between two samples, by the cubic through four.
    const middle = 0.5625 * (near + far) - 0.0625 * (before + after);
    const size = Math.max(Math.abs(far), Math.abs(middle));
    if (size > peak) peak = size;
    before = near;
    near = far;
    far = after;
  }
  return peak;
}

function edgeGains(peaks: Float64Array, ceiling: number): Float64Array {
  const edges = new Float64Array(peaks.length + 1).fill(1);
  peaks.forEach((peak, block) => {
    const needed = peak > ceiling ? ceiling / peak : 1;
    edges[block] = Math.min(edges[block] as number, needed);
    edges[block + 1] = Math.min(edges[block + 1] as number, needed);
  });
  const blockSeconds = LIMITER_BLOCK_SAMPLES / SAMPLE_RATE_HZ;
  const release = 1 - Math.exp(-blockSeconds / LIMITER_RELEASE_SECONDS);
  const attack = 1 - Math.exp(-blockSeconds / LIMITER_ATTACK_SECONDS);
  for (let edge = 1; edge < edges.length; edge++) {
    const before = edges[edge - 1] as number;
    edges[edge] = Math.min(edges[edge] as number, before + release * (1 - before));
  }
  for (let edge = peaks.length - 1; edge >= 0; edge--) {
    const after = edges[edge + 1] as number;
    edges[edge] = Math.min(edges[edge] as number, after + attack * (1 - after));
  }
  return edges;
}
