import { describe, expect, it } from "vitest";
import { STREAMS_MAX } from "#domain/accounts/products.ts";
import { AUDIO_TOKEN_SECONDS } from "#domain/delivery/audio-token.ts";
import { SECOND_MS } from "#domain/foundation/time.ts";
import {
  type Beginning,
  beginStream,
  isLive,
  keepStream,
  type LeaseChange,
  SESSIONS_BESIDE_MAX,
  STREAM_HEARTBEAT_MS,
  STREAM_LIVE_MS,
  STREAM_URLS_MS,
  type StreamLease,
} from "./stream-leases.ts";

const NOON_MS = Date.UTC(2026, 10, 23, 12);

/** An account's leases, kept as the object keeps them. */
class Account {
  leases: StreamLease[] = [];
  #turn = 0;

  begin(sessionId: string, partial: Partial<Beginning> = {}) {
    const turn = ++this.#turn;
    const defaults = { turn, device: `device ${sessionId}`, streamsMax: 1, continues: false, nowMs: NOON_MS };
    return this.#take(beginStream(this.leases, { sessionId, ...defaults, ...partial }));
  }

  keep(sessionId: string, nowMs = NOON_MS, streamsMax = 1) {
    return this.#take(keepStream(this.leases, { sessionId, streamsMax, nowMs }));
  }

  live(nowMs = NOON_MS): string[] {
    return this.leases
      .filter((lease) => isLive(lease, nowMs))
      .toSorted((a, b) => a.turn - b.turn)
      .map((lease) => lease.sessionId);
  }

  #take<Outcome extends { ok: true; value: LeaseChange } | { ok: false }>(outcome: Outcome): Outcome {
    if (!outcome.ok) return outcome;
    const changed = [outcome.value.own, ...outcome.value.displaced];
    const ids = changed.map((lease) => lease.sessionId);
    this.leases = [...this.leases.filter((lease) => !ids.includes(lease.sessionId)), ...changed];
    return outcome;
  }
}

describe("a lease", () => {
  it("is displaced by a newer session, which says on what device and when [STR-1]", () => {
    const account = new Account();
    account.begin("a");
    const begun = account.begin("b", { nowMs: NOON_MS + 5 });
    expect(account.live()).toEqual(["b"]);
    expect(begun).toMatchObject({ ok: true, value: { own: { sessionId: "b" } } });
    expect(account.keep("a", NOON_MS + 6)).toEqual({
      ok: false,
      error: { kind: "displaced", displacement: { atMs: NOON_MS + 5, byDevice: "device b" } },
    });
  });

  it("of a family is displaced by the seventh, and the oldest is the one that goes [STR-2]", () => {
    const account = new Account();
    const streamsMax = STREAMS_MAX.family;
    for (const session of ["a", "b", "c", "d", "e", "f"]) {
      expect(account.begin(session, { streamsMax })).toMatchObject({ ok: true, value: { displaced: [] } });
    }
    account.begin("a", { streamsMax });
    account.begin("g", { streamsMax });
    expect(account.live()).toEqual(["c", "d", "e", "f", "a", "g"]);
  });

  it("is replaced by its own session's next, which displaces nobody [STR-3]", () => {
    const account = new Account();
    for (let track = 0; track < 5; track++) {
      const begun = account.begin("a", { continues: track > 0 });
      expect(begun).toMatchObject({ ok: true, value: { displaced: [] } });
    }
    expect(account.live()).toEqual(["a"]);
    expect(account.leases).toHaveLength(1);
  });

  it("is live until 30 s after the last sign of life, and not at that instant [STR-4]", () => {
    const account = new Account();
    account.begin("a");
    expect(account.live(NOON_MS + STREAM_LIVE_MS - 1)).toEqual(["a"]);
    expect(account.live(NOON_MS + STREAM_LIVE_MS)).toEqual([]);
    account.keep("a", NOON_MS + STREAM_HEARTBEAT_MS);
    expect(account.live(NOON_MS + STREAM_HEARTBEAT_MS + STREAM_LIVE_MS - 1)).toEqual(["a"]);
    const later = account.begin("b", { nowMs: NOON_MS + STREAM_HEARTBEAT_MS + STREAM_LIVE_MS });
    expect(later).toMatchObject({ ok: true, value: { displaced: [] } });
  });

  it("that had lapsed is live again where there is room, and displaced where there is none [STR-5]", () => {
    const alone = new Account();
    alone.begin("a");
    expect(alone.keep("a", NOON_MS + 10 * STREAM_LIVE_MS)).toMatchObject({ ok: true, value: { displaced: [] } });
    const shared = new Account();
    shared.begin("a");
    const laterMs = NOON_MS + 10 * STREAM_LIVE_MS;
    shared.begin("b", { nowMs: laterMs });
    const back = shared.keep("a", laterMs + 1);
    expect(back).toMatchObject({ ok: true, value: { own: { displacement: { byDevice: "device b" } } } });
    expect(shared.live(laterMs + 1)).toEqual(["b"]);
  });

  it("of a displaced session comes back by a listener's doing, and not by going on alone [STR-6]", () => {
    const account = new Account();
    account.begin("a");
    account.begin("b");
    expect(account.begin("a", { continues: true })).toMatchObject({ ok: false, error: { kind: "displaced" } });
    expect(account.live()).toEqual(["b"]);
    expect(account.begin("a").ok).toBe(true);
    expect(account.live()).toEqual(["a"]);
  });

  it("that a session never had, or let lapse, is not taken from others by going on alone [STR-6]", () => {
    const account = new Account();
    account.begin("a");
    const laterMs = NOON_MS + STREAM_LIVE_MS;
    account.begin("b", { nowMs: laterMs });
    for (const session of ["a", "new"]) {
      expect(account.begin(session, { continues: true, nowMs: laterMs + 1 })).toEqual({
        ok: false,
        error: { kind: "displaced", displacement: { atMs: laterMs + 1, byDevice: "device b" } },
      });
      expect(account.begin(session, { continues: true, nowMs: laterMs + 1, streamsMax: 6 }).ok).toBe(true);
      account.leases = account.leases.filter(({ sessionId }) => sessionId === "b");
    }
    expect(account.begin("c", { continues: true, nowMs: laterMs + STREAM_LIVE_MS }).ok).toBe(true);
  });

  it("goes, from the oldest on, when the account may have fewer streams than before [STR-7]", () => {
    const account = new Account();
    for (const session of ["a", "b", "c"]) account.begin(session, { streamsMax: 6 });
    expect(account.keep("b", NOON_MS + 1, 1)).toMatchObject({ ok: true, value: { own: { displacement: {} } } });
    expect(account.live()).toEqual(["c"]);
  });

  it("that nobody has is unknown [STR-8]", () => {
    expect(new Account().keep("a")).toEqual({ ok: false, error: { kind: "unknown" } });
  });

  it.each([STREAMS_MAX.free, STREAMS_MAX.family])(
    "is one of %i and 30 more within ten minutes, and whose they are makes no difference [STR-21]",
    (streamsMax) => {
      expect(STREAM_URLS_MS).toBe(AUDIO_TOKEN_SECONDS * SECOND_MS);
      const account = new Account();
      const sessionsMax = streamsMax + SESSIONS_BESIDE_MAX;
      for (let i = 0; i < sessionsMax; i++) {
        expect(account.begin(`s${i}`, { streamsMax, nowMs: NOON_MS + i * SECOND_MS }).ok, `session ${i}`).toBe(true);
      }
      const fullMs = NOON_MS + sessionsMax * SECOND_MS;
      const refusal = { kind: "too-many-sessions", retryAfterMs: NOON_MS + STREAM_URLS_MS - fullMs };
      expect(account.begin("one-more", { streamsMax, nowMs: fullMs })).toEqual({ ok: false, error: refusal });
      // One that is among them goes on, skips, and comes back.
      for (let i = 0; i < 100; i++) expect(account.begin("s0", { streamsMax, nowMs: fullMs + i }).ok).toBe(true);
      const { error } = account.begin("one-more", { streamsMax, nowMs: fullMs }) as { error: typeof refusal };
      expect(account.begin("one-more", { streamsMax, nowMs: fullMs + error.retryAfterMs - 1 }).ok).toBe(false);
      expect(account.begin("one-more", { streamsMax, nowMs: fullMs + error.retryAfterMs }).ok).toBe(true);
    },
  );

  it("that was displaced counts until its URLs have ended, however long its device is heard of [STR-21]", () => {
    const account = new Account();
    for (let i = 0; i <= SESSIONS_BESIDE_MAX; i++) account.begin(`s${i}`);
    const laterMs = NOON_MS + STREAM_URLS_MS;
    account.leases = account.leases.map((lease) => ({ ...lease, seenAtMs: laterMs - 1 }));
    // The last one was not displaced: it may have renewed just now.
    for (let i = 1; i < SESSIONS_BESIDE_MAX; i++) {
      expect(account.begin(`t${i}`, { nowMs: laterMs }).ok, `session ${i}`).toBe(true);
    }
  });

  it("is one of at most as many as the product allows, whatever happens in whatever order [STR-2]", () => {
    for (let seed = 1; seed <= 200; seed++) {
      let state = seed;
      const random = (below: number) => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return Math.floor((state / 2 ** 32) * below);
      };
      const account = new Account();
      let nowMs = NOON_MS;
      for (let step = 0; step < 60; step++) {
        nowMs += random(20_000);
        const session = `s${random(9)}`;
        const streamsMax = random(2) === 0 ? 1 : 6;
        const before = account.live(nowMs);
        const outcome =
          random(2) === 0
            ? account.begin(session, { streamsMax, nowMs, continues: random(2) === 0 })
            : account.keep(session, nowMs, streamsMax);
        const live = account.live(nowMs);
        if (!outcome.ok) expect(live, `seed ${seed}, step ${step}`).toEqual(before);
        else expect(live.length, `seed ${seed}, step ${step}`).toBeLessThanOrEqual(streamsMax);
        if (outcome.ok && outcome.value.own.displacement === null) expect(live).toContain(session);
      }
    }
  });
});
