/** Renders a score: each part by its instrument, brought to its level, mixed with room and echo, and mastered. */
import type { DrumPart, PitchedPart, Score } from "./composer.ts";
import type { LayerMix } from "./composition/style.ts";
import { SeededRandom } from "./seeded-random.ts";
import { gainOfDb, onePoleFollow, SAMPLE_RATE_HZ, type StereoSamples } from "./sound/audio-format.ts";
import { DrumKit } from "./sound/drum-kit.ts";
import { renderFm } from "./sound/fm-voice.ts";
import { INSTRUMENTS } from "./sound/instruments.ts";
import { interleave16, master } from "./sound/mastering.ts";
import { autoPan, chorus, duck, duckingCurve, highPass, lowPass, pingPong } from "./sound/part-effects.ts";
import { renderResonator } from "./sound/resonator-voice.ts";
import { addAtDoubleRate, reverberate } from "./sound/reverb.ts";
import { renderString } from "./sound/string-voice.ts";
import { createStudio, type Studio } from "./sound/studio.ts";
import { addTexture } from "./sound/textures.ts";
import { renderWave } from "./sound/wave-voice.ts";

const DUCK_BEATS = 0.75;
const REVERB_GAIN = 0.35;
const ECHO_TO_ROOM = 0.25;
/** A part's level is judged by its louder passages: those within this distance of the loudest. */
const LEVEL_GATE_DB = 18;
const LEVEL_CHUNK_SAMPLES = 4_096;
const LEVEL_CHUNK_STRIDE = 5;
/** The ear is deaf to what lies below; near enough to K weighting for mixing. */
const LEVEL_LOW_CUT_HZ = 110;
/** So that all levels in styles are relative to a mix well below full scale. */
const MIX_HEADROOM_DB = -14;

const MIX_BLOCK_SAMPLES = 1_024;
const INAUDIBLE = 1e-9;

interface Shares {
  readonly room: number;
  readonly echo: number;
}

interface Buses {
  readonly dry: StereoSamples;
  /** At half the rate: neither room nor echo has an octave above 11 kHz, and they take half the time. */
  readonly room: StereoSamples;
  readonly echo: Float32Array;
}

/** Struck once and kept: the same drums serve all pieces. */
const KIT = new DrumKit(new SeededRandom(20_260));

/** 44.1 kHz, 16 bit, left and right in turn. The same score and seed give the same samples. */
export function renderScore(score: Score, seed: number, studio: Studio = createStudio()): Int16Array {
  const random = new SeededRandom(seed).fork("sound");
  const mix = renderMix(score, random, studio);
  const { loudnessLufs, toneHz, saturation, tapeWowMs } = score.style.mix;
  const fadeOutSeconds = score.style.tailSeconds * 0.75;
  const gain = master(mix, { loudnessLufs, toneHz, saturation, tapeWowMs, fadeOutSeconds });
  return interleave16(mix, gain, random.fork("dither"));
}

function renderMix(score: Score, random: SeededRandom, studio: Studio): StereoSamples {
  // An even number, because the room and the echo run at half the rate.
  const length = 2 * Math.round((score.lengthSeconds * SAMPLE_RATE_HZ) / 2);
  const part = studio.stereo("part", length);
  const buses: Buses = {
    dry: studio.stereo("dry", length),
    room: studio.stereo("room", length / 2),
    echo: studio.mono("echo", length / 2),
  };
  const kickCurve = kickCurveOf(score, studio.mono("kick", length));
  score.pitchedParts.forEach((pitched, index) => {
    renderPitchedPart(part, pitched, random.fork(`part ${index}`));
    addPart(buses, part, pitched.layer.mix, kickCurve);
  });
  score.drumParts.forEach((drums, index) => {
    renderDrumPart(part, drums, random.fork(`drums ${index}`));
    addPart(buses, part, drums.layer.mix, kickCurve);
  });
  const { mix } = score.style;
  if (mix.texture) addTexture(buses.dry, mix.texture.kind, gainOfDb(mix.texture.levelDb + MIX_HEADROOM_DB), random);
  addAtDoubleRate(buses.dry, roomAndEcho(buses, score));
  return buses.dry;
}

/** What the room and the echo answer to what was sent to them, at their rate. */
function roomAndEcho(buses: Buses, score: Score): StereoSamples {
  const { mix } = score.style;
  const room = { seconds: mix.reverbSeconds, toneHz: mix.reverbToneHz, gain: REVERB_GAIN };
  if (mix.echoFeedback === 0) return reverberate(buses.room, room);
  const echoes = pingPong(buses.echo, mix.echoBeats * score.beatSeconds, mix.echoFeedback);
  addChannel(buses.room.left, echoes.left, ECHO_TO_ROOM);
  addChannel(buses.room.right, echoes.right, ECHO_TO_ROOM);
  const wet = reverberate(buses.room, room);
  addChannel(wet.left, echoes.left, 1);
  addChannel(wet.right, echoes.right, 1);
  return wet;
}

/** Null where no layer is pushed down by the kick. */
function kickCurveOf(score: Score, curve: Float32Array): Float32Array | null {
  if (!score.style.layers.some((layer) => layer.mix.duck)) return null;
  const kicks = score.drumParts.flatMap((part) => part.hits.filter((hit) => hit.drum.endsWith("kick")));
  const kickSeconds = kicks.map((hit) => hit.startSeconds);
  return duckingCurve(curve, kickSeconds, DUCK_BEATS * score.beatSeconds);
}

function renderPitchedPart(out: StereoSamples, part: PitchedPart, random: SeededRandom): void {
  const preset = INSTRUMENTS[part.instrument];
  for (const note of part.notes) {
    switch (preset.kind) {
      case "wave":
        renderWave(out, note, preset, random);
        break;
      case "fm":
        renderFm(out, note, preset);
        break;
      case "string":
        renderString(out, note, preset, random);
        break;
      case "resonator":
        renderResonator(out, note, preset, random);
        break;
    }
  }
}

function renderDrumPart(out: StereoSamples, part: DrumPart, random: SeededRandom): void {
  for (const hit of part.hits) KIT.strike(out, hit.drum, hit.startSeconds, hit.velocity, random);
}

function addPart(buses: Buses, part: StereoSamples, mix: LayerMix, kickCurve: Float32Array | null): void {
  if (mix.toneHz) lowPass(part, mix.toneHz);
  if (mix.lowCutHz) highPass(part, mix.lowCutHz);
  if (mix.chorus) chorus(part, mix.chorus);
  if (mix.tremolo) autoPan(part, mix.tremolo, 4.2);
  const level = levelOf(part);
  if (level === 0) return;
  if (mix.duck && kickCurve) duck(part, kickCurve, mix.duck);
  const gain = gainOfDb(mix.levelDb + MIX_HEADROOM_DB) / level;
  const pan = mix.pan ?? 0;
  const shares: Shares = { room: mix.reverb, echo: mix.echo ?? 0 };
  moveToBuses(buses, part, "left", gain * Math.min(1, 1 - pan), shares);
  moveToBuses(buses, part, "right", gain * Math.min(1, 1 + pan), shares);
}

/**
 * Moves a side of the part to the buses and leaves silence for the next part. One pass for all, and none over silence:
 * mixing is bound by memory, not by arithmetic.
 */
function moveToBuses(buses: Buses, part: StereoSamples, side: "left" | "right", gain: number, shares: Shares): void {
  const from = part[side];
  const dry = buses.dry[side];
  const room = buses.room[side];
  const { echo } = buses;
  const roomGain = (gain * shares.room) / 2;
  const echoGain = (gain * shares.echo) / 2;
  for (let start = 0; start < from.length; start += MIX_BLOCK_SAMPLES) {
    const end = Math.min(start + MIX_BLOCK_SAMPLES, from.length);
    if (isSilent(from, start, end)) continue;
    for (let index = start; index < end; index += 2) {
      const first = from[index] as number;
      const second = from[index + 1] as number;
      dry[index] = (dry[index] as number) + gain * first;
      dry[index + 1] = (dry[index + 1] as number) + gain * second;
      room[index >> 1] = (room[index >> 1] as number) + roomGain * (first + second);
    }
    for (let index = start; echoGain > 0 && index < end; index += 2) {
      const pair = (from[index] as number) + (from[index + 1] as number);
      echo[index >> 1] = (echo[index >> 1] as number) + echoGain * pair;
    }
    from.fill(0, start, end);
  }
}

function isSilent(samples: Float32Array, start: number, end: number): boolean {
  for (let index = start; index < end; index++) if (Math.abs(samples[index] as number) > INAUDIBLE) return false;
  return true;
}

/** Root mean square of the louder passages without the lows, from samples taken across the part. */
function levelOf(part: StereoSamples): number {
  const follow = onePoleFollow(LEVEL_LOW_CUT_HZ, SAMPLE_RATE_HZ);
  const powers: number[] = [];
  const stride = LEVEL_CHUNK_SAMPLES * LEVEL_CHUNK_STRIDE;
  for (let start = 0; start + LEVEL_CHUNK_SAMPLES < part.left.length; start += stride) {
    let floor = 0;
    let power = 0;
    for (let index = start; index < start + LEVEL_CHUNK_SAMPLES; index++) {
      const sample = (part.left[index] as number) + (part.right[index] as number);
      floor += follow * (sample - floor);
      power += (sample - floor) ** 2;
    }
    powers.push(power / LEVEL_CHUNK_SAMPLES / 4);
  }
  const gate = Math.max(...powers) * 10 ** (-LEVEL_GATE_DB / 10);
  const loud = powers.filter((power) => power > gate);
  return loud.length === 0 ? 0 : Math.sqrt(loud.reduce((sum, power) => sum + power, 0) / loud.length);
}

function addChannel(into: Float32Array, from: Float32Array, gain: number): void {
  const { length } = into;
  for (let index = 0; index < length; index++) {
    into[index] = (into[index] as number) + gain * (from[index] as number);
  }
}
