/** The session of the track that comes next, opened and loading while the one before still plays. */
import { ApiError } from "../api/problem.ts";
import type { PlayDelivery } from "../plays/play-delivery.ts";
import type { AudioHosts } from "./audio-hosts.ts";
import type { Deck } from "./deck.ts";
import { chooseUrl, type ListeningSession, needsRenewal, openSession } from "./listening-session.ts";
import type { QueueEntry } from "./queue.ts";
import type { Quality } from "./rendition-choice.ts";

export class NextSession {
  readonly #delivery: PlayDelivery;
  readonly #hosts: AudioHosts;
  /** The entry that is, or could not be, prepared: it is not tried again at each tick of the clock. */
  #key: number | null = null;
  #ready: { readonly session: ListeningSession; readonly deck: Deck } | null = null;
  #opening: AbortController | null = null;

  constructor(delivery: PlayDelivery, hosts: AudioHosts) {
    this.#delivery = delivery;
    this.#hosts = hosts;
  }

  async prepare(entry: QueueEntry, deck: Deck, quality: Quality): Promise<void> {
    if (this.#key === entry.key) return;
    this.drop();
    this.#key = entry.key;
    const opening = new AbortController();
    this.#opening = opening;
    try {
      const how = { signal: opening.signal, continues: true, hosts: this.#hosts };
      const session = await openSession(entry, this.#delivery, how);
      if (opening.signal.aborted) return;
      deck.load(
        chooseUrl(session, quality, (type) => deck.canPlayType(type)),
        0,
      );
      this.#ready = { session, deck };
    } catch (error) {
      // It is asked for again when its turn comes, and only then does the listener hear of a problem.
      if (!opening.signal.aborted && !(error instanceof ApiError)) throw error;
    }
  }

  /** The session where it is for this entry and its URLs are fresh. It is then the caller's, and so is its deck. */
  take(entry: QueueEntry): ListeningSession | null {
    const ready = this.#ready;
    if (ready === null || ready.session.entry.key !== entry.key || needsRenewal(ready.session, Date.now())) return null;
    this.#ready = null;
    this.#key = null;
    return ready.session;
  }

  /** Lets go of what is prepared unless it is for this entry. */
  keepOnly(entry: QueueEntry | null): void {
    if (this.#key !== entry?.key) this.drop();
  }

  drop(): void {
    this.#opening?.abort();
    this.#key = null;
    this.#ready?.deck.unload();
    this.#ready = null;
  }
}
