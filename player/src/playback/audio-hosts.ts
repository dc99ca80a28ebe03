/**
 * Which of the hosts of the sound is asked. What was found out of them is known for as long as the page lives: the next
 * visit begins with the preferred one again.
 */

/** The signed URLs begin at the root of whatever host has the sound; where none is named, it is the page's own. */
const OWN_ORIGIN = "";

export class AudioHosts {
  /** Those that failed, the latest at the end. */
  readonly #left: string[] = [];

  /** In the order in which to ask them: those that failed come last, and of these the one that failed longest ago first. */
  inOrder(origins: readonly string[]): readonly [string, ...string[]] {
    const left = this.#left.filter((host) => origins.includes(host));
    const [first = OWN_ORIGIN, ...others] = [...origins.filter((host) => !left.includes(host)), ...left];
    return [first, ...others];
  }

  leave(host: string): void {
    const place = this.#left.indexOf(host);
    if (place >= 0) this.#left.splice(place, 1);
    this.#left.push(host);
  }
}

/** The hosts of one playback: each is asked once before it is given up. */
export class PlaybackHosts {
  readonly #known: AudioHosts;
  #origins: readonly string[];
  #current: string;
  readonly #failed = new Set<string>();

  /** `origins` as the service names them, the preferred one first. */
  constructor(known: AudioHosts, origins: readonly string[] = []) {
    this.#known = known;
    this.#origins = origins;
    [this.#current] = known.inOrder(origins);
  }

  /** What a URL of the sound begins with. */
  get current(): string {
    return this.#current;
  }

  /** Whether there is one that has not failed yet, beside the current one. */
  get hasAnother(): boolean {
    return this.#untried().some((host) => host !== this.#current);
  }

  /** The service may name others by now. */
  take(origins: readonly string[] = []): void {
    this.#origins = origins;
    const order = this.#known.inOrder(origins);
    if (!order.includes(this.#current)) [this.#current] = order;
  }

  /** Goes on to the next one. False where every one of them has failed: the current one is then the best to try again. */
  leave(): boolean {
    this.#known.leave(this.#current);
    this.#failed.add(this.#current);
    const [next] = this.#untried();
    this.#current = next ?? this.#known.inOrder(this.#origins)[0];
    return next !== undefined;
  }

  /** It has played well for a while: a new failure is a new one. */
  settle(): void {
    this.#failed.clear();
  }

  #untried(): readonly string[] {
    return this.#known.inOrder(this.#origins).filter((host) => !this.#failed.has(host));
  }
}
