/** One audio element. The player has two: one that is heard, and one that gets the next piece ready. */
import type { AudibleSpans } from "../plays/audible-spans.ts";

const READY_TIMEOUT_MS = 15_000;
/** A line that is merely slow brings something in this time. */
const STARVED_AFTER_MS = 5_000;

/** What came cannot be loaded, or not be decoded; or something is wanted, and nothing comes. */
export type MediaFault = "loading" | "decoding" | "starved";

export interface DeckEvents {
  onClock(): void;
  onSounding(): void;
  onWaiting(): void;
  onPaused(): void;
  onEnded(): void;
  onFault(fault: MediaFault): void;
}

export class Deck {
  readonly #audio: HTMLAudioElement;
  #patience: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.#audio = new Audio();
    this.#audio.preload = "auto";
    // In the document, so that the browser's own media tools and tests find it.
    this.#audio.hidden = true;
    document.body.append(this.#audio);
  }

  /** Calls back for this deck only while `isHeard` says that it is the one in use. */
  listen(isHeard: (deck: Deck) => boolean, events: DeckEvents): void {
    const on = (names: readonly string[], run: () => void) => {
      for (const name of names) {
        this.#audio.addEventListener(name, () => {
          if (isHeard(this)) run();
        });
      }
    };
    on(["timeupdate", "progress", "durationchange"], () => events.onClock());
    on(["playing", "seeked"], () => {
      if (this.isSounding) events.onSounding();
    });
    on(["waiting"], () => events.onWaiting());
    on(["pause"], () => {
      if (!this.#audio.ended) events.onPaused();
    });
    on(["ended"], () => events.onEnded());
    on(["error"], () => {
      const isDecoding = this.#audio.error?.code === MediaError.MEDIA_ERR_DECODE;
      if (this.#audio.hasAttribute("src")) events.onFault(isDecoding ? "decoding" : "loading");
    });
    // Each of them is a byte that has come, or a new wish for one. Browsers themselves wait for minutes.
    on(["loadstart", "progress", "seeking", "waiting"], () => {
      clearTimeout(this.#patience);
      this.#patience = setTimeout(() => {
        if (isHeard(this) && this.#isStarved) events.onFault("starved");
      }, STARVED_AFTER_MS);
    });
  }

  /** A paused element may rightly have nothing: some load no more than they are asked to play. */
  get #isStarved(): boolean {
    const { paused, ended, error, seeking, readyState } = this.#audio;
    if (paused || ended || error !== null || !navigator.onLine) return false;
    return seeking || readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
  }

  /** It failed while nobody listened for it. */
  get hasFailed(): boolean {
    return this.#audio.error !== null;
  }

  get positionMs(): number {
    return this.#audio.currentTime * 1_000;
  }

  get durationMs(): number | null {
    return Number.isFinite(this.#audio.duration) ? this.#audio.duration * 1_000 : null;
  }

  get isPaused(): boolean {
    return this.#audio.paused;
  }

  /** Whether the clock runs: not paused, and with something to play. */
  get isSounding(): boolean {
    const { paused, ended, seeking, readyState } = this.#audio;
    return !paused && !ended && !seeking && readyState >= HTMLMediaElement.HAVE_FUTURE_DATA;
  }

  /** How far the media is here without a gap, from a position on. */
  bufferedToMs(fromMs: number): number {
    const { buffered } = this.#audio;
    for (let i = 0; i < buffered.length; i++) {
      const endMs = buffered.end(i) * 1_000;
      if (buffered.start(i) * 1_000 <= fromMs + 1 && fromMs <= endMs) return endMs;
    }
    return fromMs;
  }

  load(url: string, positionMs: number): void {
    this.#audio.src = url;
    if (positionMs > 0) this.#audio.currentTime = positionMs / 1_000;
  }

  canPlayType(type: string): string {
    return this.#audio.canPlayType(type);
  }

  setVolume(volume: number): void {
    this.#audio.volume = volume;
  }

  seek(positionMs: number): void {
    this.#audio.currentTime = positionMs / 1_000;
  }

  /** Resolves with whether sound may begin; the browser can ask for a gesture first. */
  async play(): Promise<"playing" | "not-allowed" | "interrupted"> {
    try {
      await this.#audio.play();
      return "playing";
    } catch (error) {
      return error instanceof DOMException && error.name === "NotAllowedError" ? "not-allowed" : "interrupted";
    }
  }

  pause(): void {
    this.#audio.pause();
  }

  unload(): void {
    this.#audio.pause();
    this.#audio.removeAttribute("src");
    this.#audio.load();
  }

  /** Resolves with true when the media can be played from its position, with false where it cannot. */
  ready(): Promise<boolean> {
    const audio = this.#audio;
    if (!audio.seeking && audio.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA) return Promise.resolve(true);
    return new Promise((resolve) => {
      const done = (isReady: boolean) => {
        clearTimeout(timer);
        for (const name of ["canplay", "seeked"]) audio.removeEventListener(name, check);
        audio.removeEventListener("error", fail);
        resolve(isReady);
      };
      const check = () => {
        if (!audio.seeking && audio.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA) done(true);
      };
      const fail = () => done(false);
      const timer = setTimeout(fail, READY_TIMEOUT_MS);
      for (const name of ["canplay", "seeked"]) audio.addEventListener(name, check);
      audio.addEventListener("error", fail);
    });
  }

  /** Tells the spans what the clock says now. */
  observe(spans: AudibleSpans, what: "resume" | "advance" | "suspend"): void {
    spans[what](this.positionMs, performance.now());
  }
}
