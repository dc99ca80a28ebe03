import { describe, expect, it } from "vitest";
import type { PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import type { Result } from "#domain/foundation/result.ts";
import { MINUTE_MS } from "#domain/foundation/time.ts";
import { freshId, seededRandom } from "#domain/plays/plays-fixtures.ts";
import {
  type AccountStreams,
  beginPlayback,
  hearSession,
  keepPlayback,
  keepSession,
  NO_STREAMS,
  STREAM_TURNS_KEPT,
  type StreamBeginning,
  type StreamsStep,
} from "./account-streams.ts";
import { isLive } from "./stream-leases.ts";
import { PlainAccount } from "./streams-fixtures.ts";
import { decodeStreams, encodeStreams } from "./streams-record.ts";

const NOON_MS = Date.UTC(2026, 10, 29, 12);

function beginning(sessionId: string, partial: Partial<StreamBeginning> = {}): StreamBeginning {
  return {
    playbackId: freshId<PlaybackId>(NOON_MS),
    recordingId: freshId<RecordingId>(NOON_MS),
    sessionId,
    device: `device ${sessionId}`,
    streamsMax: 1,
    continues: false,
    ...partial,
  };
}

/** An account as its object keeps it: one text, and beside it what sockets have heard. */
class KeptAccount {
  #record = encodeStreams(NO_STREAMS);
  #writes = 0;
  readonly sockets = new Map<string, number>();

  get writes(): number {
    return this.#writes;
  }

  streams(): AccountStreams {
    return [...this.sockets].reduce((streams, [sessionId, heardAtMs]) => {
      return hearSession(streams, sessionId, heardAtMs);
    }, decodeStreams(this.#record));
  }

  step<Fault>(of: (streams: AccountStreams) => StreamsStep<Fault>): StreamsStep<Fault>["outcome"] {
    const before = this.streams();
    const { streams, outcome } = of(before);
    if (streams !== before) this.#write(streams);
    return outcome;
  }

  connect(sessionId: string, streamsMax: number, nowMs: number) {
    const outcome = this.step((streams) => keepSession(streams, { sessionId, streamsMax, nowMs }));
    this.sockets.set(sessionId, nowMs);
    return outcome;
  }

  close(sessionId: string): void {
    const heardAtMs = this.sockets.get(sessionId) ?? 0;
    this.sockets.delete(sessionId);
    const stored = decodeStreams(this.#record);
    const streams = hearSession(stored, sessionId, heardAtMs);
    if (streams !== stored) this.#write(streams);
  }

  live(nowMs: number): string[] {
    return this.streams()
      .leases.filter((lease) => isLive(lease, nowMs))
      .toSorted((a, b) => a.turn - b.turn)
      .map((lease) => lease.sessionId);
  }

  #write(streams: AccountStreams): void {
    this.#record = encodeStreams(streams);
    this.#writes += 1;
  }
}

interface Sequence {
  readonly seed: number;
  readonly sessions: number;
  readonly steps: number;
  /** Times are longer by this factor: the longer, the more lapses and the fewer meet. */
  readonly pace: number;
}

type Outcome = Result<null, { readonly kind: string }> | null;

/**
 * The same calls to an account as it is kept and to one as it is specified; at each step they have to agree. Says which
 * refusals there were.
 */
function compare({ seed, sessions, steps, pace }: Sequence): string[] {
  const random = seededRandom(seed);
  const upTo = (below: number) => Math.floor(random() * below);
  const kept = new KeptAccount();
  const plain = new PlainAccount();
  const begun: StreamBeginning[] = [];
  let nowMs = NOON_MS;
  const act = (): [Outcome, Outcome] => {
    const sessionId = `s${upTo(sessions)}`;
    const streamsMax = [1, 1, 2, 6][upTo(4)] ?? 1;
    const before = begun[begun.length - 1 - upTo(Math.min(begun.length, 12))];
    switch (upTo(8)) {
      case 0:
      case 1:
      case 2: {
        const isRepeated = before !== undefined && upTo(10) === 0;
        const request = isRepeated
          ? { ...before, sessionId: upTo(3) === 0 ? sessionId : before.sessionId }
          : beginning(sessionId, { streamsMax, continues: upTo(3) === 0 });
        if (!isRepeated) begun.push(request);
        return [kept.step((streams) => beginPlayback(streams, request, nowMs)), plain.begin(request, nowMs)];
      }
      case 3:
      case 4: {
        const { playbackId, recordingId } = (upTo(20) === 0 ? begun[0] : before) ?? beginning(sessionId);
        const named = { sessionId: upTo(4) === 0 ? sessionId : null, recordingId: upTo(2) === 0 ? recordingId : null };
        const request = { playbackId, ...named, streamsMax };
        return [kept.step((streams) => keepPlayback(streams, request, nowMs)), plain.keep(request, nowMs)];
      }
      case 5: {
        const outcomes: [Outcome, Outcome] = [
          kept.connect(sessionId, streamsMax, nowMs),
          plain.keepSession(sessionId, streamsMax, nowMs),
        ];
        plain.hear(sessionId, nowMs);
        return outcomes;
      }
      case 6: {
        if (kept.sockets.has(sessionId)) {
          kept.sockets.set(sessionId, nowMs);
          plain.hear(sessionId, nowMs);
        }
        return [null, null];
      }
      default:
        kept.close(sessionId);
        return [null, null];
    }
  };
  const done: { readonly step: number; readonly outcome: Outcome; readonly live: string[] }[] = [];
  const specified: typeof done = [];
  for (let step = 0; step < steps; step++) {
    nowMs += upTo(12) === 0 ? upTo(60_000 * pace) : upTo(4_000 * pace);
    const [outcome, rightOutcome] = act();
    done.push({ step, outcome, live: kept.live(nowMs) });
    specified.push({ step, outcome: rightOutcome, live: plain.live(nowMs) });
  }
  expect(done, `seed ${seed}`).toEqual(specified);
  expect(kept.streams().playbacks.length).toBeLessThanOrEqual(STREAM_TURNS_KEPT);
  return done.flatMap(({ outcome }) => (outcome === null || outcome.ok ? [] : [outcome.error.kind]));
}

function compareAll(sequences: readonly Sequence[]): Set<string> {
  return new Set(sequences.flatMap(compare));
}

function seeds(count: number, first: number): number[] {
  return Array.from({ length: count }, (_seed, index) => first + index);
}

/** Some seconds of computing on a machine that does other things besides. */
const SEQUENCES_MS = 30_000;

describe("an account's streams", () => {
  it(
    "are what the rules say, whatever happens in whatever order [STR-2] [STR-4] [STR-5] [STR-6] [STR-20]",
    () => {
      const sequences = seeds(300, 1).map((seed) => ({
        seed,
        sessions: 2 + (seed % 7),
        steps: 60,
        pace: 1 + (seed % 3),
      }));
      expect(compareAll(sequences)).toEqual(new Set(["displaced", "superseded", "unknown"]));
    },
    SEQUENCES_MS,
  );

  it(
    "are so too where many sessions begin within ten minutes [STR-21]",
    () => {
      const sequences = seeds(8, 1_000).map((seed) => ({ seed, sessions: 90, steps: 250, pace: 0.3 }));
      expect(compareAll(sequences)).toContain("too-many-sessions");
    },
    SEQUENCES_MS,
  );

  it(
    "are so too when 200 playbacks were begun since [STR-8] [STR-9]",
    () => {
      const sequences = seeds(3, 2_000).map((seed) => ({ seed, sessions: 12, steps: 800, pace: 1 }));
      expect(compareAll(sequences)).toContain("unknown");
    },
    SEQUENCES_MS,
  );

  it("are the same after a sleep: what is kept of them says all [STR-10]", () => {
    const [one, two] = [beginning("one"), beginning("two", { device: null, streamsMax: 1 })];
    const first = beginPlayback(NO_STREAMS, one, NOON_MS).streams;
    const { streams } = beginPlayback(first, two, NOON_MS + 1);
    expect(streams.leases.map(({ displacement }) => displacement)).toEqual([
      { atMs: NOON_MS + 1, byDevice: null },
      null,
    ]);
    expect(decodeStreams(encodeStreams(streams))).toEqual(streams);
    expect(decodeStreams(encodeStreams(NO_STREAMS))).toEqual(NO_STREAMS);
  });

  it("are a text of bounded length, however many sessions an account has had [STR-8]", () => {
    let streams = NO_STREAMS;
    const longest = { device: "ü".repeat(60), streamsMax: 1 };
    for (let i = 0; i < 2 * STREAM_TURNS_KEPT; i++) {
      const request = beginning(String(i).padStart(64, "s"), longest);
      streams = beginPlayback(streams, request, NOON_MS + i * MINUTE_MS).streams;
    }
    expect(streams.leases).toHaveLength(STREAM_TURNS_KEPT);
    expect(new TextEncoder().encode(encodeStreams(streams)).length).toBeLessThan(100_000);
  });

  it("are not written again for what changes nothing [STR-8] [STR-20]", () => {
    const account = new KeptAccount();
    const request = beginning("one");
    const keep = (nowMs: number) => {
      const sign = { ...request, sessionId: null, recordingId: null };
      return account.step((streams) => keepPlayback(streams, sign, nowMs));
    };
    account.step((streams) => beginPlayback(streams, request, NOON_MS));
    expect(account.writes).toBe(1);
    expect(keep(NOON_MS).ok).toBe(true);
    expect(account.writes).toBe(1);
    expect(keep(NOON_MS + 1).ok).toBe(true);
    expect(account.writes).toBe(2);
    for (let i = 0; i < 3; i++) account.step((streams) => beginPlayback(streams, beginning("one"), NOON_MS + 2));
    expect(keep(NOON_MS + 3)).toEqual({ ok: false, error: { kind: "superseded" } });
    account.step((streams) => keepPlayback(streams, { ...beginning("one"), sessionId: null }, NOON_MS + 3));
    expect(account.writes).toBe(5);
  });
});
