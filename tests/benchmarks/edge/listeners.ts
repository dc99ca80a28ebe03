/**
 * Listeners who play at the same time, a range at a time, and take turns. Each has a token of their own, which serves
 * from the first range of the rendition to the last; then the next track begins, and with it another token.
 *
 * Each has an account of their own as well. The edge lets an account have 100 requests a second: the 1,500 a second
 * that it answers here are fewer than 10 for each. It would count by address too, but only by the header in which the
 * platform names it, and there is none here.
 */
import type { LoadSample } from "../load.ts";
import type { LoadJob } from "../load-protocol.ts";
import { type EdgeSystem, RENDITION_BYTES, type Rendition } from "./edge-system.ts";

export const RANGE_BYTES = 256 * 1_024;
const LISTENERS = 200;

type Request = LoadJob["requests"][number];

export class Listeners {
  readonly #pathOf: (rendition: Rendition) => Promise<string>;
  readonly #renditions: readonly Rendition[];
  #requests: readonly Request[] = [];
  #position = 0;

  constructor({ renditions }: EdgeSystem, pathOf: (rendition: Rendition) => Promise<string>) {
    this.#renditions = renditions;
    this.#pathOf = pathOf;
  }

  /** Plays on from where they were for as long as `measure` takes requests. */
  async play(measure: (requests: readonly Request[]) => Promise<LoadSample>): Promise<LoadSample> {
    if (this.#position >= this.#requests.length) {
      this.#requests = takingTurns(await this.#beginTracks());
      this.#position = 0;
    }
    const upcoming = [...this.#requests.slice(this.#position), ...this.#requests.slice(0, this.#position)];
    const sample = await measure(upcoming);
    this.#position += sample.completed;
    return sample;
  }

  #beginTracks(): Promise<string[]> {
    const beginTrack = async (_unused: unknown, listener: number) => {
      const rendition = this.#renditions[listener % this.#renditions.length];
      if (rendition === undefined) throw new RangeError("there is nothing to play");
      return this.#pathOf(rendition);
    };
    return Promise.all(Array.from({ length: LISTENERS }, beginTrack));
  }
}

function takingTurns(paths: readonly string[]): Request[] {
  const requests: Request[] = [];
  for (let offset = 0; offset < RENDITION_BYTES; offset += RANGE_BYTES) {
    for (const path of paths) requests.push({ path, range: `bytes=${offset}-${offset + RANGE_BYTES - 1}` });
  }
  return requests;
}
