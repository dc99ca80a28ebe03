/** Integrated loudness after ITU-R BS.1770-4: K weighting, blocks of 400 ms that overlap by three quarters, two gates. */
import { SAMPLE_RATE_HZ, type StereoSamples } from "./audio-format.ts";

const SUB_BLOCK_SAMPLES = SAMPLE_RATE_HZ / 10;
const SUB_BLOCKS_PER_BLOCK = 4;
const ABSOLUTE_GATE_LUFS = -70;
const RELATIVE_GATE_LU = -10;

interface Biquad {
  readonly b0: number;
  readonly b1: number;
  readonly b2: number;
  readonly a1: number;
  readonly a2: number;
}

/** The standard gives the filters for 48 kHz only; these are their analogue prototypes at our rate. */
const SHELF = highShelf(1_681.974450955533, 3.999843853973347, 0.7071752369554196);
const HIGH_PASS = secondOrderHighPass(38.13547087602444, 0.5003270373238773);

/** In LUFS; -Infinity for silence. */
export function integratedLoudnessLufs(samples: StereoSamples): number {
  const powers = subBlockPowers(samples);
  const blocks: number[] = [];
  for (let start = 0; start + SUB_BLOCKS_PER_BLOCK <= powers.length; start++) {
    let power = 0;
    for (let index = start; index < start + SUB_BLOCKS_PER_BLOCK; index++) {
      power += powers[index] as number;
    }
    blocks.push(power / SUB_BLOCKS_PER_BLOCK);
  }
  const audible = blocks.filter((power) => lufsOfPower(power) > ABSOLUTE_GATE_LUFS);
  const relativeGate = lufsOfPower(mean(audible)) + RELATIVE_GATE_LU;
  return lufsOfPower(mean(audible.filter((power) => lufsOfPower(power) > relativeGate)));
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function lufsOfPower(power: number): number {
  return -0.691 + 10 * Math.log10(power);
}

/** The power of both channels together, per 100 ms. */
function subBlockPowers(samples: StereoSamples): Float64Array {
  const { left, right } = samples;
  const powers = new Float64Array(Math.floor(left.length / SUB_BLOCK_SAMPLES));
  const filterLeft = weighting();
  const filterRight = weighting();
  for (let block = 0; block < powers.length; block++) {
    const start = block * SUB_BLOCK_SAMPLES;
    powers[block] = filterLeft(left, start) + filterRight(right, start);
  }
  return powers;
}

/** A K filter with its state; each call takes the next sub-block and gives its mean power. */
function weighting(): (channel: Float32Array, start: number) => number {
  let s1 = 0;
  let s2 = 0;
  let h1 = 0;
  let h2 = 0;
  return (channel, start) => {
    let [a, b, c, d] = [s1, s2, h1, h2];
    let power = 0;
    const end = start + SUB_BLOCK_SAMPLES;
    for (let index = start; index < end; index++) {
      const sample = channel[index] as number;
      const shelved = SHELF.b0 * sample + a;
      a = SHELF.b1 * sample - SHELF.a1 * shelved + b;
      b = SHELF.b2 * sample - SHELF.a2 * shelved;
      const weighted = HIGH_PASS.b0 * shelved + c;
      c = HIGH_PASS.b1 * shelved - HIGH_PASS.a1 * weighted + d;
      d = HIGH_PASS.b2 * shelved - HIGH_PASS.a2 * weighted;
      power += weighted * weighted;
    }
    [s1, s2, h1, h2] = [a, b, c, d];
    return power / SUB_BLOCK_SAMPLES;
  };
}

function highShelf(frequencyHz: number, gainDb: number, q: number): Biquad {
  const k = Math.tan((Math.PI * frequencyHz) / SAMPLE_RATE_HZ);
  const high = 10 ** (gainDb / 20);
  const band = high ** 0.4996667741545416;
  const a0 = 1 + k / q + k * k;
  return {
    b0: (high + (band * k) / q + k * k) / a0,
    b1: (2 * (k * k - high)) / a0,
    b2: (high - (band * k) / q + k * k) / a0,
    a1: (2 * (k * k - 1)) / a0,
    a2: (1 - k / q + k * k) / a0,
  };
}

function secondOrderHighPass(frequencyHz: number, q: number): Biquad {
  const k = Math.tan((Math.PI * frequencyHz) / SAMPLE_RATE_HZ);
  const a0 = 1 + k / q + k * k;
  return { b0: 1, b1: -2, b2: 1, a1: (2 * (k * k - 1)) / a0, a2: (1 - k / q + k * k) / a0 };
}
