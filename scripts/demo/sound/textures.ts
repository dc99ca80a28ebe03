/** What lies behind the music: the dust of a record, a shore, the air of a room. */
import type { SeededRandom } from "../seeded-random.ts";
import { SAMPLE_RATE_HZ, type StereoSamples } from "./audio-format.ts";
import { nextNoise } from "./noise.ts";
import { SINE, TABLE_LENGTH } from "./wavetables.ts";

export type TextureKind = "vinyl" | "surf" | "room";

const CRACKLES_PER_SECOND = 7;
const HISS_LOOP_SAMPLES = 2 ** 17;

/** Adds a texture whose root mean square is about `gain`. */
export function addTexture(out: StereoSamples, kind: TextureKind, gain: number, random: SeededRandom): void {
  const own = random.fork(kind);
  if (kind === "surf") addSurf(out, gain, own);
  else addHiss(out, kind === "vinyl" ? gain * 0.7 : gain, own);
  if (kind === "vinyl") addCrackle(out, gain, own);
}

/** A few seconds of hiss, repeated: nobody hears a loop in noise this long, and noise is dear to make. */
function addHiss(out: StereoSamples, gain: number, random: SeededRandom): void {
  for (const channel of [out.left, out.right]) {
    const loop = hissLoop(random.nextInt32() | 1);
    for (let index = 0; index < channel.length; index++) {
      channel[index] = (channel[index] as number) + gain * (loop[index & (HISS_LOOP_SAMPLES - 1)] as number);
    }
  }
}

function hissLoop(seed: number): Float32Array {
  const loop = new Float32Array(HISS_LOOP_SAMPLES);
  let noise = seed;
  let low = 0;
  for (let index = 0; index < loop.length; index++) {
    noise = nextNoise(noise);
    low += 0.18 * (noise / 2 ** 31 - low);
    loop[index] = 5.4 * low;
  }
  return loop;
}

/** Waves of noise that swell on one side, then on the other, brighter as they break. */
function addSurf(out: StereoSamples, gain: number, random: SeededRandom): void {
  const periodsSeconds = [9.7, 12.1];
  [out.left, out.right].forEach((channel, side) => {
    let noise = random.nextInt32() | 1;
    let low = 0;
    let phase = 0;
    const increment = TABLE_LENGTH / ((periodsSeconds[side] as number) * SAMPLE_RATE_HZ);
    for (let index = 0; index < channel.length; index++) {
      noise = nextNoise(noise);
      const swell = 0.55 + 0.45 * (SINE[phase | 0] as number);
      low += (0.02 + 0.09 * swell * swell) * (noise / 2 ** 31 - low);
      channel[index] = (channel[index] as number) + gain * 10 * swell * low;
      phase += increment;
      if (phase >= TABLE_LENGTH) phase -= TABLE_LENGTH;
    }
  });
}

function addCrackle(out: StereoSamples, gain: number, random: SeededRandom): void {
  const count = Math.round((out.left.length / SAMPLE_RATE_HZ) * CRACKLES_PER_SECOND);
  for (let crackle = 0; crackle < count; crackle++) {
    const first = Math.floor(random.next() * (out.left.length - 64));
    const size = gain * 9 * random.next() ** 3;
    const side = random.next();
    const length = 4 + Math.floor(random.next() * 24);
    for (let index = 0; index < length; index++) {
      const sample = size * (2 * random.next() - 1) * (1 - index / length);
      out.left[first + index] = (out.left[first + index] as number) + sample * (1 - side);
      out.right[first + index] = (out.right[first + index] as number) + sample * side;
    }
  }
}
