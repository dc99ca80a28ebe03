/**
 * A small seeded generator (sfc32), so that a piece is the same on every machine. Each layer of a piece forks its own
 * stream by name: a change to the drums then leaves the melody as it was.
 */
export class SeededRandom {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed | 0;
    this.#a = 0x9e3779b9 | 0;
    this.#b = 0x243f6a88 ^ this.#seed;
    this.#c = 0xb7e15162 ^ Math.imul(this.#seed, 0x85ebca6b);
    const warmUpRounds = 12;
    for (let round = 0; round < warmUpRounds; round++) this.nextInt32();
  }

  /** 32 random bits as a signed integer. */
  nextInt32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum;
  }

  /** Uniform in [0, 1). */
  next(): number {
    return (this.nextInt32() >>> 0) / 2 ** 32;
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** Bell-shaped around 0 with unit variance, never beyond ±3: the sum of a few uniforms is enough for a human touch. */
  bell(): number {
    return (this.next() + this.next() + this.next() - 1.5) * 2;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.next() * items.length)];
    if (item === undefined) throw new RangeError("cannot pick from an empty list");
    return item;
  }

  fork(name: string): SeededRandom {
    let hash = 0x811c9dc5 ^ this.#seed;
    for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
    return new SeededRandom(hash);
  }
}
