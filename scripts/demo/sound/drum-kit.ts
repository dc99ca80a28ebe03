/** Drums are struck once per kit and then only mixed: a few takes of each keep a pattern from sounding like a machine. */
import type { SeededRandom } from "../seeded-random.ts";
import { onePoleFollow, SAMPLE_RATE_HZ, type StereoSamples } from "./audio-format.ts";

export type DrumName =
  | "kick"
  | "soft-kick"
  | "deep-kick"
  | "snare"
  | "brush"
  | "rim"
  | "clap"
  | "closed-hat"
  | "open-hat"
  | "shaker"
  | "ride"
  | "tom"
  | "woodblock"
  | "stomp";

interface DrumDesign {
  readonly seconds: number;
  /** -1 is left, 1 right, as the audience sees the kit. */
  readonly pan: number;
  readonly gain: number;
  readonly render: (out: Float32Array, random: SeededRandom) => void;
}

const DESIGNS: Readonly<Record<DrumName, DrumDesign>> = {
  kick: {
    seconds: 0.4,
    pan: 0,
    gain: 1,
    render: (out) => drop(out, { fromHz: 150, toHz: 50, fallSeconds: 0.035, decaySeconds: 0.12, click: 0.25 }),
  },
  "soft-kick": {
    seconds: 0.4,
    pan: 0,
    gain: 0.95,
    render: (out) => drop(out, { fromHz: 105, toHz: 48, fallSeconds: 0.03, decaySeconds: 0.1, click: 0.06 }),
  },
  "deep-kick": {
    seconds: 0.5,
    pan: 0,
    gain: 1,
    render: (out) => drop(out, { fromHz: 190, toHz: 47, fallSeconds: 0.03, decaySeconds: 0.16, click: 0.35 }),
  },
  stomp: {
    seconds: 0.35,
    pan: 0,
    gain: 0.9,
    render: (out, random) => {
      drop(out, { fromHz: 90, toHz: 62, fallSeconds: 0.03, decaySeconds: 0.07, click: 0.05 });
      hiss(out, random, { lowHz: 120, highHz: 900, decaySeconds: 0.03, gain: 0.5 });
    },
  },
  tom: {
    seconds: 0.5,
    pan: 0.35,
    gain: 0.8,
    render: (out) => drop(out, { fromHz: 165, toHz: 105, fallSeconds: 0.06, decaySeconds: 0.16, click: 0.1 }),
  },
  snare: {
    seconds: 0.35,
    pan: 0.06,
    gain: 0.95,
    render: (out, random) => {
      ring(out, [
        [186, 0.45, 0.07],
        [331, 0.22, 0.045],
      ]);
      hiss(out, random, { lowHz: 900, highHz: 7_500, decaySeconds: 0.075, gain: 1 });
    },
  },
  brush: {
    seconds: 0.4,
    pan: 0.1,
    gain: 0.55,
    render: (out, random) =>
      hiss(out, random, { lowHz: 1_400, highHz: 7_000, decaySeconds: 0.09, gain: 1, attackSeconds: 0.02 }),
  },
  rim: {
    seconds: 0.15,
    pan: -0.15,
    gain: 0.7,
    render: (out, random) => {
      ring(out, [
        [1_720, 0.7, 0.014],
        [480, 0.5, 0.012],
        [2_650, 0.25, 0.008],
      ]);
      hiss(out, random, { lowHz: 1_500, highHz: 6_000, decaySeconds: 0.004, gain: 0.5 });
    },
  },
  clap: { seconds: 0.35, pan: -0.05, gain: 0.85, render: renderClap },
  "closed-hat": {
    seconds: 0.12,
    pan: 0.28,
    gain: 0.7,
    render: (out, random) => hiss(out, random, { lowHz: 7_000, highHz: 13_500, decaySeconds: 0.022, gain: 1 }),
  },
  "open-hat": {
    seconds: 0.5,
    pan: 0.28,
    gain: 0.55,
    render: (out, random) => hiss(out, random, { lowHz: 6_500, highHz: 13_000, decaySeconds: 0.13, gain: 1 }),
  },
  shaker: {
    seconds: 0.16,
    pan: -0.35,
    gain: 0.5,
    render: (out, random) =>
      hiss(out, random, { lowHz: 4_500, highHz: 10_000, decaySeconds: 0.028, gain: 1, attackSeconds: 0.016 }),
  },
  ride: {
    seconds: 1.6,
    pan: 0.4,
    gain: 0.3,
    render: (out, random) => {
      ring(out, [
        [3_120, 0.1, 0.5],
        [4_290, 0.08, 0.45],
        [5_810, 0.06, 0.4],
        [7_460, 0.05, 0.3],
      ]);
      hiss(out, random, { lowHz: 5_000, highHz: 12_000, decaySeconds: 0.35, gain: 0.5 });
    },
  },
  woodblock: {
    seconds: 0.15,
    pan: -0.4,
    gain: 0.5,
    render: (out) =>
      ring(out, [
        [920, 0.8, 0.022],
        [1_510, 0.35, 0.014],
      ]),
  },
};

const TAKES = 3;

/** The takes of every drum struck so far. */
export class DrumKit {
  readonly #takes = new Map<DrumName, readonly Float32Array[]>();
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  strike(out: StereoSamples, drum: DrumName, startSeconds: number, velocity: number, random: SeededRandom): void {
    const take = random.pick(this.#takesOf(drum));
    const { pan, gain } = DESIGNS[drum];
    const level = gain * velocity ** 1.4;
    const gainLeft = level * Math.sqrt(0.5 - 0.5 * pan) * Math.SQRT2;
    const gainRight = level * Math.sqrt(0.5 + 0.5 * pan) * Math.SQRT2;
    const first = Math.round(startSeconds * SAMPLE_RATE_HZ);
    const left = out.left.subarray(first, first + take.length);
    const right = out.right.subarray(first, first + take.length);
    for (let index = 0; index < left.length; index++) {
      const sample = take[index] as number;
      left[index] = (left[index] as number) + gainLeft * sample;
      right[index] = (right[index] as number) + gainRight * sample;
    }
  }

  /** Each drum has its own stream of noise, so that the order of first strokes does not matter. */
  #takesOf(drum: DrumName): readonly Float32Array[] {
    const known = this.#takes.get(drum);
    if (known) return known;
    const design = DESIGNS[drum];
    const random = this.#random.fork(drum);
    const takes = Array.from({ length: TAKES }, () => {
      const take = new Float32Array(Math.round(design.seconds * SAMPLE_RATE_HZ));
      design.render(take, random);
      fadeEnd(take);
      return take;
    });
    this.#takes.set(drum, takes);
    return takes;
  }
}

interface Drop {
  readonly fromHz: number;
  readonly toHz: number;
  readonly fallSeconds: number;
  readonly decaySeconds: number;
  readonly click: number;
}

/** A skin: a sine whose pitch falls as it slackens. */
function drop(out: Float32Array, design: Drop): void {
  let phase = 0;
  for (let index = 0; index < out.length; index++) {
    const seconds = index / SAMPLE_RATE_HZ;
    const frequencyHz = design.toHz + (design.fromHz - design.toHz) * Math.exp(-seconds / design.fallSeconds);
    phase += (2 * Math.PI * frequencyHz) / SAMPLE_RATE_HZ;
    const attack = Math.min(1, seconds / 0.0015);
    const body = Math.sin(phase) * Math.exp(-seconds / design.decaySeconds);
    const click = design.click * Math.sin(phase * 7) * Math.exp(-seconds / 0.004);
    out[index] = (out[index] as number) + attack * (body + click);
  }
}

/** Bare decaying sines: frequency, gain, decay. */
function ring(out: Float32Array, partials: readonly (readonly [number, number, number])[]): void {
  for (const [frequencyHz, gain, decaySeconds] of partials) {
    const angle = (2 * Math.PI * frequencyHz) / SAMPLE_RATE_HZ;
    const radius = Math.exp(-1 / (decaySeconds * SAMPLE_RATE_HZ));
    const feed = 2 * radius * Math.cos(angle);
    let current = 0;
    let before = -gain * Math.sin(angle);
    for (let index = 0; index < out.length; index++) {
      const sample = feed * current - radius * radius * before;
      before = current;
      current = sample;
      out[index] = (out[index] as number) + sample;
    }
  }
}

interface Hiss {
  readonly lowHz: number;
  readonly highHz: number;
  readonly decaySeconds: number;
  readonly gain: number;
  readonly attackSeconds?: number;
}

/** Noise between two frequencies. */
function hiss(out: Float32Array, random: SeededRandom, design: Hiss): void {
  const lowPass = onePoleFollow(design.highHz, SAMPLE_RATE_HZ);
  const highPass = onePoleFollow(design.lowHz, SAMPLE_RATE_HZ);
  const attackSeconds = design.attackSeconds ?? 0.0008;
  let first = 0;
  let second = 0;
  let floor = 0;
  let lowerFloor = 0;
  for (let index = 0; index < out.length; index++) {
    const seconds = index / SAMPLE_RATE_HZ;
    first += lowPass * (2 * random.next() - 1 - first);
    second += lowPass * (first - second);
    floor += highPass * (second - floor);
    const above = second - floor;
    lowerFloor += highPass * (above - lowerFloor);
    const decay = Math.exp(-Math.max(0, seconds - attackSeconds) / design.decaySeconds);
    const envelope = Math.min(1, seconds / attackSeconds) * decay;
    out[index] = (out[index] as number) + design.gain * envelope * (above - lowerFloor);
  }
}

/** Several hands are never quite together. */
function renderClap(out: Float32Array, random: SeededRandom): void {
  const hands = [0, 0.011, 0.023];
  hands.forEach((lateSeconds, hand) => {
    const late = out.subarray(Math.round(lateSeconds * SAMPLE_RATE_HZ));
    const isLast = hand === hands.length - 1;
    hiss(late, random, { lowHz: 900, highHz: 5_000, decaySeconds: isLast ? 0.07 : 0.006, gain: 0.9 });
  });
}

function fadeEnd(take: Float32Array): void {
  const fadeSamples = Math.min(take.length, 600);
  for (let index = 0; index < fadeSamples; index++) {
    const at = take.length - 1 - index;
    take[at] = ((take[at] as number) * index) / fadeSamples;
  }
}
