/** The places of a file where a decoder can begin, thinned to as many as a player needs. */

/** [time in ms, byte offset]. */
export type SeekPoint = [number, number];

export class SeekTable {
  readonly #sampleRate: number;
  readonly #spacingFrames: number;
  readonly #points: SeekPoint[] = [];
  #lastFrame = 0;
  #candidate: { readonly frame: number; readonly offset: number } | null = null;

  /** `spacingMs` is the longest time between two points, as far as the file has that many. */
  constructor(sampleRate: number, spacingMs: number) {
    this.#sampleRate = sampleRate;
    this.#spacingFrames = Math.floor((spacingMs * sampleRate) / 1_000);
  }

  /** Offers a place; places come in order. `frame` counts audible frames from the start of the recording. */
  add(frame: number, offset: number): void {
    if (this.#points.length === 0) {
      this.#push(frame, offset);
      return;
    }
    if (frame - this.#lastFrame > this.#spacingFrames) this.#takeCandidate();
    this.#candidate = { frame, offset };
  }

  finish(totalFrames: number): SeekPoint[] {
    if (totalFrames - this.#lastFrame > this.#spacingFrames) this.#takeCandidate();
    return this.#points;
  }

  #takeCandidate(): void {
    if (this.#candidate !== null) this.#push(this.#candidate.frame, this.#candidate.offset);
    this.#candidate = null;
  }

  #push(frame: number, offset: number): void {
    // Rounded up: a player that looks for the last point at or before an instant must not be given one after it.
    const timeMs = Math.ceil((frame * 1_000) / this.#sampleRate);
    // Two places of one instant are one point: the first has all that the second has.
    if (timeMs === this.#points.at(-1)?.[0]) return;
    this.#points.push([timeMs, offset]);
    this.#lastFrame = frame;
  }
}
