/**
 * The player: a queue, two decks, and the session of what plays. It lives outside React; the interface watches
 * `state` and, several times a second, `clock`.
 */
import { ApiError } from "../api/problem.ts";
import { type Observable, observable } from "../app/observable.ts";
import type { PlayDelivery } from "../plays/play-delivery.ts";
import { AudioHosts } from "./audio-hosts.ts";
import { Deck, type MediaFault } from "./deck.ts";
import { meet } from "./deck-handover.ts";
import * as sessions from "./listening-session.ts";
import { NextSession } from "./next-session.ts";
import * as states from "./player-state.ts";
import * as queues from "./queue.ts";
import { findWayOn } from "./recovery.ts";
import { elementVolume, type Quality } from "./rendition-choice.ts";

/** How long before the end the next track is fetched. */
const PREPARE_AHEAD_MS = 20_000;
/** "Previous" begins the track again when it has played for longer than this. */
const RESTART_AFTER_MS = 3_000;
const SEEK_END_MARGIN_MS = 250;

export class Player {
  readonly state: Observable<states.PlayerState>;
  readonly clock: Observable<states.PlayerClock>;
  readonly #delivery: PlayDelivery;
  #heard = new Deck();
  #spare = new Deck();
  #session: sessions.ListeningSession | null = null;
  readonly #hosts = new AudioHosts();
  readonly #next: NextSession;
  #loading: AbortController | null = null;
  #renewing: Promise<void> | null = null;
  /** The spare deck is about to take over what plays: it has one use at a time. */
  #isChangingDeck = false;

  constructor(settings: states.PlayerSettings, delivery: PlayDelivery) {
    this.#delivery = delivery;
    this.#next = new NextSession(delivery, this.#hosts);
    this.state = observable(states.initialState(settings));
    this.clock = observable(states.initialClock(settings));
    for (const deck of [this.#heard, this.#spare]) this.#listenTo(deck);
  }

  /** Of what plays now; null where nothing does. */
  get playbackId(): string | null {
    return this.#session?.playbackId ?? null;
  }

  // What the listener does.

  playTracks(tracks: readonly queues.QueueTrack[], start: number): void {
    this.#goTo(queues.playTracks(this.state.get().queue, tracks, start, Math.random));
  }

  /** Any change of the queue that leaves what plays alone: adding, moving, shuffling. */
  editQueue(change: (queue: queues.Queue) => queues.Queue): void {
    this.#setQueue(change(this.state.get().queue));
  }

  jumpTo(key: number): void {
    this.#goTo(queues.jumpTo(this.state.get().queue, key));
  }

  removeEntry(key: number): void {
    const { queue } = this.state.get();
    const wasCurrent = queues.currentEntry(queue)?.key === key;
    const wasLast = queue.index === queue.entries.length - 1;
    this.#setQueue(queues.removeEntry(queue, key));
    if (!wasCurrent) return;
    if (wasLast) this.#stop();
    else void this.#startCurrent(0);
  }

  /** Silence and an empty queue: the account that listened is signing out. */
  clear(): void {
    this.#stop();
    const { repeat } = this.state.get().queue;
    this.state.update({ queue: { ...queues.EMPTY_QUEUE, repeat }, error: null });
  }

  toggle(): void {
    const { status } = this.state.get();
    if (status === "playing" || status === "stalled" || status === "loading") this.pause();
    else void this.play();
  }

  async play(): Promise<void> {
    const session = this.#session;
    if (session === null) return this.#startCurrent(this.clock.get().positionMs);
    this.state.update({ status: "loading", error: null });
    if (sessions.needsRenewal(session, Date.now())) await this.#renew(session);
    if (this.#session !== session || this.state.get().status !== "loading") return;
    if (session.deckUrlIsOld && !this.#isAllHere(session)) this.#reload(session, this.#heard.positionMs);
    await this.#sound();
  }

  pause(): void {
    this.#loading?.abort();
    this.#heard.pause();
    this.state.update({ status: "paused" });
  }

  next(): void {
    this.#goTo(queues.skipForward(this.state.get().queue));
  }

  previous(): void {
    const queue = queues.skipBack(this.state.get().queue);
    if (queue === null || this.clock.get().positionMs > RESTART_AFTER_MS) this.seek(0);
    else this.#goTo(queue);
  }

  seek(positionMs: number): void {
    const { durationMs } = this.clock.get();
    const target = Math.max(0, Math.min(positionMs, durationMs - SEEK_END_MARGIN_MS));
    const session = this.#session;
    this.clock.update({ positionMs: target });
    if (session === null) return;
    this.#heard.observe(session.report.spans, "suspend");
    session.report.progress(performance.now());
    const isHere = this.#heard.bufferedToMs(target) > target;
    if (session.deckUrlIsOld && !isHere) this.#reload(session, target);
    else this.#heard.seek(target);
  }

  seekBy(deltaMs: number): void {
    this.seek(this.clock.get().positionMs + deltaMs);
  }

  setVolume(volume: number): void {
    this.state.update({ volume: Math.min(1, Math.max(0, volume)), isMuted: volume <= 0 });
    this.#applyVolume();
  }

  toggleMute(): void {
    const { isMuted, volume } = this.state.get();
    this.state.update({ isMuted: !isMuted, volume: isMuted && volume === 0 ? 0.5 : volume });
    this.#applyVolume();
  }

  /** From the next sound on: what plays goes on from its position in the new quality. */
  setQuality(quality: Quality): void {
    this.state.update({ quality });
    this.#next.drop();
    const session = this.#session;
    if (session === null) return;
    const before = session.profile;
    sessions.chooseUrl(session, quality, (type) => this.#heard.canPlayType(type));
    if (session.profile !== before) void this.#changeDeck(session);
    this.state.update({ profile: session.profile });
  }

  /** Another device has taken over: silence here, until the listener presses play and so begins another playback. */
  displace(error: ApiError): void {
    if (this.#session !== null) this.#fail(error);
  }

  /** The page is going: what was heard until now is reported. */
  leave(): void {
    const session = this.#session;
    if (session === null) return;
    if (this.#heard.isSounding) this.#heard.observe(session.report.spans, "advance");
    session.report.progress(performance.now());
  }

  // What goes on inside.

  #listenTo(deck: Deck): void {
    deck.listen((other) => other === this.#heard, {
      onClock: () => this.#tick(),
      onSounding: () => this.#onSounding(),
      onWaiting: () => this.#onSilence("stalled"),
      onPaused: () => this.#onSilence("paused"),
      onEnded: () => this.#goTo(queues.afterEnd(this.state.get().queue), true),
      onFault: (fault) => void this.#recover(fault),
    });
  }

  /** Plays where the queue stands now, or nothing more where it has come to its end. */
  #goTo(queue: queues.Queue | null, continues = false): void {
    if (queue === null) {
      this.#stop();
      return;
    }
    this.#setQueue(queue);
    void this.#startCurrent(0, continues);
  }

  #setQueue(queue: queues.Queue): void {
    this.state.update({ queue });
    this.#next.keepOnly(this.#entryAfterEnd());
  }

  async #startCurrent(positionMs: number, continues = false): Promise<void> {
    const entry = queues.currentEntry(this.state.get().queue);
    this.#finish();
    if (entry === null) return this.#stop();
    const loading = new AbortController();
    this.#loading = loading;
    const durationMs = entry.track.duration_ms;
    this.clock.set({ positionMs, durationMs, bufferedToMs: 0 });
    this.state.update({ status: "loading", error: null, profile: null, waveform: null });
    try {
      const prepared = this.#takePrepared(entry);
      const how = { signal: loading.signal, continues, hosts: this.#hosts };
      const session = prepared ?? (await sessions.openSession(entry, this.#delivery, how));
      if (loading.signal.aborted) return;
      this.#session = session;
      if (prepared === null) this.#reload(session, positionMs);
      this.#applyVolume();
      this.clock.update({ durationMs: session.durationMs });
      this.state.update({ profile: session.profile, waveform: session.waveform });
      await (this.#heard.hasFailed ? this.#recover("loading") : this.#sound());
    } catch (error) {
      if (!loading.signal.aborted) this.#fail(error);
    }
  }

  async #sound(): Promise<void> {
    const outcome = await this.#heard.play();
    if (outcome === "not-allowed") this.state.update({ status: "paused" });
  }

  /** Ends the session of what played until now. */
  #finish(): void {
    this.#loading?.abort();
    const session = this.#session;
    this.#session = null;
    if (session === null) return;
    this.#heard.observe(session.report.spans, "suspend");
    this.#heard.pause();
    session.report.end(performance.now());
  }

  #stop(): void {
    this.#finish();
    this.#heard.unload();
    this.#next.drop();
    this.clock.set(states.initialClock({ ...this.state.get(), positionMs: 0 }));
    this.state.update({ status: "idle", profile: null, waveform: null });
  }

  #fail(error: unknown): void {
    this.#finish();
    this.#next.drop();
    this.state.update({ status: "paused", error: sessions.shownError(error) });
    if (!(error instanceof ApiError)) throw error;
  }

  #tick(): void {
    const session = this.#session;
    if (session === null) return;
    const { positionMs } = this.#heard;
    const durationMs = this.#heard.durationMs ?? session.durationMs;
    this.clock.set({ positionMs, durationMs, bufferedToMs: this.#heard.bufferedToMs(positionMs) });
    if (!this.#heard.isSounding) return;
    if (!states.isSilenced(this.state.get())) this.#heard.observe(session.report.spans, "advance");
    if (session.report.isDue(performance.now())) {
      session.report.progress(performance.now());
      sessions.notePlaysWell(session);
    }
    if (sessions.mayRenewInPassing(session, Date.now())) void this.#renewAndChange(session);
    if (durationMs - positionMs < PREPARE_AHEAD_MS) this.#prepareNext();
  }

  #onSounding(): void {
    const session = this.#session;
    if (session === null) return;
    session.report.start(performance.now());
    if (!states.isSilenced(this.state.get())) this.#heard.observe(session.report.spans, "resume");
    this.state.update({ status: "playing", error: null });
  }

  #onSilence(status: "stalled" | "paused"): void {
    const session = this.#session;
    if (session === null) return;
    this.#heard.observe(session.report.spans, "suspend");
    if (status === "paused") session.report.progress(performance.now());
    this.state.update({ status });
  }

  #applyVolume(): void {
    const { volume } = this.state.get();
    const session = this.#session;
    const silenced = states.isSilenced(this.state.get());
    this.#heard.setVolume(silenced ? 0 : elementVolume(volume, session?.loudnessLufs ?? null));
    if (session === null || !this.#heard.isSounding) return;
    this.#heard.observe(session.report.spans, silenced ? "suspend" : "resume");
  }

  // URLs: they live for ten minutes.

  #isAllHere(session: sessions.ListeningSession): boolean {
    const durationMs = this.#heard.durationMs ?? session.durationMs;
    return this.#heard.bufferedToMs(this.#heard.positionMs) >= durationMs - SEEK_END_MARGIN_MS;
  }

  #reload(session: sessions.ListeningSession, positionMs: number): void {
    const { quality, status } = this.state.get();
    const url = sessions.chooseUrl(session, quality, (type) => this.#heard.canPlayType(type));
    session.deckUrlIsOld = false;
    this.#heard.load(url, positionMs);
    if (status === "playing" || status === "stalled") void this.#sound();
  }

  /** One renewal at a time; a failed one is tried again at the next need. */
  #renew(session: sessions.ListeningSession): Promise<void> {
    this.#renewing ??= sessions
      .renewSession(session)
      .catch((error: unknown) => {
        if (sessions.isFinalRefusal(error) && this.#session === session) this.#fail(error);
      })
      .finally(() => {
        this.#renewing = null;
      });
    return this.#renewing;
  }

  async #renewAndChange(session: sessions.ListeningSession): Promise<void> {
    if (this.#renewing !== null) return;
    await this.#renew(session);
    if (session.deckUrlIsOld && this.#session === session && !this.#isAllHere(session)) await this.#changeDeck(session);
  }

  /** Goes on with the same track from a fresh URL on the other deck, which takes over once it can play. */
  async #changeDeck(session: sessions.ListeningSession): Promise<void> {
    if (this.#isChangingDeck) return;
    const [before, after] = [this.#heard, this.#spare];
    const url = sessions.chooseUrl(session, this.state.get().quality, (type) => after.canPlayType(type));
    const { profile } = session;
    let isReady = false;
    this.#isChangingDeck = true;
    try {
      this.#next.drop();
      after.setVolume(0);
      after.load(url, before.positionMs);
      isReady = await meet(before, after);
      if (isReady && !before.isPaused && this.#session === session) await after.play();
    } finally {
      this.#isChangingDeck = false;
    }
    if (!isReady || this.#session !== session || this.#heard !== before) return after.unload();
    if (before.isPaused) after.pause();
    session.deckUrlIsOld = false;
    before.observe(session.report.spans, "suspend");
    [this.#heard, this.#spare] = [after, before];
    this.#applyVolume();
    before.unload();
    if (after.isSounding) this.#onSounding();
    if (session.profile !== profile) void this.#changeDeck(session);
  }

  /** After a failure of the media: on from the same position, or the listener is told. */
  async #recover(fault: MediaFault): Promise<void> {
    const session = this.#session;
    if (session === null || session.isRecovering) return;
    // Where there is no other host, waiting is all that can be done.
    if (fault === "starved" && !session.hosts.hasAnother) return;
    const { positionMs } = this.clock.get();
    session.report.spans.suspend(positionMs, performance.now());
    try {
      await findWayOn(session, fault);
      if (this.#session !== session) return;
      this.#next.drop();
      this.#reload(session, positionMs);
      if (this.state.get().status !== "paused") await this.#sound();
    } catch (error) {
      if (this.#session === session) this.#fail(error);
    }
  }

  // What comes next is made ready before it is needed.

  #entryAfterEnd(): queues.QueueEntry | null {
    const following = queues.afterEnd(this.state.get().queue);
    return following === null ? null : queues.currentEntry(following);
  }

  #prepareNext(): void {
    const entry = this.#entryAfterEnd();
    if (entry === null || this.#renewing !== null || this.#isChangingDeck) return;
    void this.#next.prepare(entry, this.#spare, this.state.get().quality);
  }

  /** The prepared session where it is the one that is wanted, with its deck put in place. */
  #takePrepared(entry: queues.QueueEntry): sessions.ListeningSession | null {
    const prepared = this.#next.take(entry);
    if (prepared === null) {
      this.#next.drop();
      return null;
    }
    [this.#heard, this.#spare] = [this.#spare, this.#heard];
    this.#spare.unload();
    return prepared;
  }
}
