import { createExecutionContext } from "cloudflare:test";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { DAY_MS, SECOND_MS } from "#domain/foundation/time.ts";
import type { PlaybackFacts } from "#domain/plays/play-event.ts";
import { playShardName } from "#domain/plays/play-shard.ts";
import { oneOf, playbackFacts, playEvent, seededRandom } from "#domain/plays/plays-fixtures.ts";
import AccountingWorker from "../index.ts";
import {
  accounting,
  deliver,
  heardMessages,
  interrupted,
  messageOf,
  NOON_MS,
  queued,
  sumsOfDay,
} from "./accounting-fixtures.ts";
import { ROLL_UP_LEASE_MS, rollUp, rollUpWhenDue } from "./roll-up.ts";
import { noteNews, readRollUp } from "./roll-up-store.ts";
import { countPlays } from "./sums-store.ts";

const { LEDGER } = accounting;

const SUBJECTS = Array.from({ length: 3 }, () => playbackFacts(NOON_MS).subjectId);

/** Plays of some recordings by some subjects in two months: in six shards at most. */
function worldOf(random: () => number, count = 8): PlaybackFacts[] {
  const recordings = Array.from({ length: 3 }, () => playbackFacts(NOON_MS).recordingId);
  return Array.from({ length: count }, () =>
    playbackFacts(random() < 0.7 ? NOON_MS : NOON_MS - 30 * DAY_MS, {
      recordingId: oneOf(recordings, random),
      subjectId: oneOf(SUBJECTS, random),
      country: random() < 0.5 ? "DE" : "FR",
    }),
  );
}

async function expectCounted(plays: readonly PlaybackFacts[], about = ""): Promise<void> {
  const expected: Record<string, number> = {};
  for (const { recordingId } of plays) expected[recordingId] = (expected[recordingId] ?? 0) + 1;
  expect(await countPlays(LEDGER, Object.keys(expected)), about).toEqual(expected);
  const days = await LEDGER.prepare("SELECT plays FROM recording_days").all<{ plays: string }>();
  const all = days.results.flatMap((row) => Object.entries(JSON.parse(row.plays) as Record<string, number>));
  for (const [recordingId, count] of Object.entries(expected)) {
    const own = all.filter(([key]) => key.startsWith(recordingId));
    expect(
      own.reduce((sum, [, number]) => sum + number, 0),
      about,
    ).toBe(count);
  }
}

let laterMs = 0;
const now = () => Date.now() + laterMs;

/** As somebody who comes when whoever was at it must be dead. */
async function rollUpLater(): Promise<void> {
  for (let run = 0; run < 10; run++) {
    laterMs += 2 * ROLL_UP_LEASE_MS;
    if ((await rollUp(accounting, { now })) === null) return;
  }
  throw new Error("the roll-up does not come to its end");
}

beforeEach(rollUpLater);

/** The ledger is all tests', and for them it is not that late. */
afterAll(async () => {
  await rollUpLater();
  await LEDGER.prepare("UPDATE roll_up SET moved_at = 0").run();
});

describe("a roll-up", () => {
  test("adds each play once, however often it runs and whatever is delivered again [PLAY-24]", async () => {
    const plays = worldOf(seededRandom(1));
    const messages = heardMessages(plays);
    await deliver(messages);
    await rollUpLater();
    await expectCounted(plays);
    const { step } = await readRollUp(LEDGER);
    await deliver(messages);
    await rollUpLater();
    await expectCounted(plays);
    expect((await readRollUp(LEDGER)).step).toBe(step);
  });

  test("adds to what is there, in the order of the keys, in one row for a recording's day [PLAY-24]", async () => {
    const first = playbackFacts(NOON_MS, { country: "FR" });
    const { recordingId } = first;
    await deliver(heardMessages([first]));
    await rollUpLater();
    const more = [{}, { country: "FR" }, { country: "AT" }].map((facts) =>
      playbackFacts(NOON_MS, { recordingId, ...facts }),
    );
    await deliver(heardMessages(more));
    await rollUpLater();
    expect(JSON.stringify(await sumsOfDay("2026-11-23", recordingId))).toBe(
      `{"${recordingId}/AT/A":1,"${recordingId}/DE/A":1,"${recordingId}/FR/A":2}`,
    );
    await expectCounted([first, ...more]);
  });

  test("counts a playback of last month that a late event is enough for [PLAY-24]", async () => {
    const late = playbackFacts(Date.UTC(2026, 9, 30, 12));
    const early = messageOf([{ playback: late, events: [playEvent(1, [0, 20_000])] }]);
    await deliver([queued(early)]);
    await rollUpLater();
    expect(await countPlays(LEDGER, [late.recordingId])).toEqual({ [late.recordingId]: 0 });
    const receivedAtMs = late.issuedAtMs + 34 * DAY_MS;
    await deliver([
      queued(messageOf([{ playback: late, events: [playEvent(2, [20_000, 30_000])] }], { receivedAtMs })),
    ]);
    await rollUpLater();
    await expectCounted([late]);
    expect(await sumsOfDay("2026-10-30", late.recordingId)).toEqual({ [`${late.recordingId}/DE/A`]: 1 });
  });

  test("goes in parts, and leaves the rest to the next where it has made its calls [PLAY-24]", async () => {
    const plays = worldOf(seededRandom(2), 24);
    await deliver(heardMessages(plays));
    const options = { playsPerPart: 5, shardCallsMax: 1, now };
    let runs = 1;
    while (runs < 50 && (await rollUp(accounting, options)) !== null) runs += 1;
    expect(runs).toBeGreaterThan(4);
    expect(runs).toBeLessThan(50);
    await expectCounted(plays);
    expect(await readRollUp(LEDGER)).toMatchObject({ phase: "idle", part: 0, parts: 0, plan: [] });
  });
});

describe("a crash", () => {
  test.each([
    ["before", 100],
    ["after", 100],
    ["before", 2],
    ["after", 2],
  ] as const)(
    "%s each thing that is asked loses nothing and adds nothing twice, with %i plays a part [PLAY-24]",
    async (when, playsPerPart) => {
      let hasCrashed = true;
      for (let at = 0; hasCrashed; at++) {
        hasCrashed = false;
        const plays = worldOf(seededRandom(100 + at), 6);
        await deliver(heardMessages(plays));
        const dying = interrupted(async (index, act) => {
          if (index !== at) return act();
          hasCrashed = true;
          if (when === "after") await act();
          throw new Error("the roll-up died here");
        });
        await rollUp(dying, { playsPerPart, now }).catch(() => undefined);
        await rollUpLater();
        await expectCounted(plays, `${when} ${at}`);
      }
    },
  );

  test("at random places again and again, with plays coming in between, adds up to a naive count [PLAY-24]", async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const random = seededRandom(seed);
      const plays = worldOf(random, 20);
      let delivered = 0;
      for (let round = 0; round < 6; round++) {
        const next = plays.slice(delivered, delivered + Math.floor(random() * 6));
        delivered += next.length;
        await deliver(heardMessages([...next, ...plays.slice(0, delivered).filter(() => random() < 0.2)]));
        const dyingAt = Math.floor(random() * 14);
        const dying = interrupted(async (index, act) => {
          if (index !== dyingAt) return act();
          if (random() < 0.5) await act();
          throw new Error("the roll-up died here");
        });
        laterMs += random() < 0.5 ? 2 * ROLL_UP_LEASE_MS : 0;
        await rollUp(dying, { playsPerPart: 3, now }).catch(() => undefined);
      }
      await deliver(heardMessages(plays.slice(delivered)));
      await rollUpLater();
      await expectCounted(plays, `seed ${seed}`);
    }
  });
});

describe("two roll-ups at once", () => {
  test("add each play once, wherever the second overtakes the first [PLAY-24]", async () => {
    let wasOvertaken = true;
    for (let at = 0; wasOvertaken; at++) {
      wasOvertaken = false;
      const plays = worldOf(seededRandom(200 + at), 6);
      const [last, ...before] = plays;
      if (last === undefined) throw new Error("plays expected");
      await deliver(heardMessages(before));
      const overtaken = interrupted(async (index, act) => {
        if (index !== at) return act();
        wasOvertaken = true;
        await deliver(heardMessages([last]));
        await rollUpLater();
        return act();
      });
      // Whoever was overtaken may fail: its next move is not its own any more, and a round that it asks for is another's.
      await rollUp(overtaken, { playsPerPart: 2, now });
      if (!wasOvertaken) await deliver(heardMessages([last]));
      await rollUpLater();
      await expectCounted(plays, `overtaken at ${at}`);
    }
  });

  test("wait for one another while both are alive [PLAY-24]", async () => {
    const plays = worldOf(seededRandom(4));
    await deliver(heardMessages(plays));
    const outcomes = await Promise.all([0, 1, 2].map(() => rollUp(accounting, { now })));
    expect(outcomes).toContain(0);
    await rollUpLater();
    await expectCounted(plays);
  });
});

describe("a shard that does not answer", () => {
  function failingShard(name: string, times: number): AccountingEnv {
    let failures = 0;
    const PLAY_SHARDS = {
      getByName: (shard: string) => {
        const fails = shard === name && failures < times;
        if (fails) failures += 1;
        if (fails) throw new Error("the shard does not answer");
        return accounting.PLAY_SHARDS.getByName(shard);
      },
    };
    return { ...accounting, PLAY_SHARDS } as unknown as AccountingEnv;
  }

  test("holds up no other, and has its turn in the next roll-up [PLAY-24]", async () => {
    const [failing, sound] = [playbackFacts(NOON_MS), playbackFacts(NOON_MS - 30 * DAY_MS)];
    await deliver(heardMessages([failing, sound]));
    await rollUp(failingShard(playShardName(failing), 1), { now });
    await expectCounted([sound]);
    expect(await countPlays(LEDGER, [failing.recordingId])).toEqual({ [failing.recordingId]: 0 });
    await rollUpLater();
    await expectCounted([failing, sound]);
  });

  test("after it was planned is left out of it, and has its turn in the next [PLAY-24]", async () => {
    const [failing, sound] = [playbackFacts(NOON_MS), playbackFacts(NOON_MS - 30 * DAY_MS)];
    await deliver(heardMessages([failing, sound]));
    const name = playShardName(failing);
    let asked = 0;
    const PLAY_SHARDS = {
      getByName: (shard: string) => {
        if (shard === name && asked++ === 1) throw new Error("the shard does not answer");
        return accounting.PLAY_SHARDS.getByName(shard);
      },
    };
    await rollUp({ ...accounting, PLAY_SHARDS } as unknown as AccountingEnv, { now });
    await expectCounted([sound]);
    await rollUpLater();
    await expectCounted([failing, sound]);
  });

  test("and one that has forgotten what it told of hold up nothing [PLAY-24]", async () => {
    const play = playbackFacts(NOON_MS);
    await noteNews(LEDGER, new Map([["2026-11:forgotten", 7]]));
    await deliver(heardMessages([play]));
    await rollUp(accounting, { now });
    await expectCounted([play]);
    await LEDGER.prepare("DELETE FROM play_shards WHERE shard = '2026-11:forgotten'").run();
  });
});

describe("when it is due", () => {
  const slow = { ...accounting, ROLL_UP_SECONDS: "60" };

  test("is so long after the last one, and at once where there was none for longer [PLAY-27]", async () => {
    const [first, second] = [playbackFacts(NOON_MS), playbackFacts(NOON_MS)];
    await deliver(heardMessages([first]));
    expect(await rollUp(slow, { now })).toBe(60 * SECOND_MS);
    await expectCounted([first]);
    await deliver(heardMessages([second]));
    const waitMs = await rollUp(slow, { now });
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(60 * SECOND_MS);
    expect(await countPlays(LEDGER, [second.recordingId])).toEqual({ [second.recordingId]: 0 });
    laterMs += 61 * SECOND_MS;
    expect(await rollUp(slow, { now })).toBe(60 * SECOND_MS);
    await expectCounted([first, second]);
  });

  test("is a second look while somebody is at it, and never where nothing is new [PLAY-27]", async () => {
    expect(await rollUp(slow, { now })).toBeNull();
    await deliver(heardMessages([playbackFacts(NOON_MS)]));
    await LEDGER.prepare("UPDATE roll_up SET phase = 'closing', moved_at = ?").bind(now()).run();
    expect(await rollUp(accounting, { now })).toBe(SECOND_MS);
    laterMs += ROLL_UP_LEASE_MS + 1;
    expect(await rollUp(accounting, { now })).toBe(0);
    expect(await rollUp(accounting, { now })).toBeNull();
  });

  test("is seen by the timer and after each batch, and a failure of it harms no message [PLAY-27]", async () => {
    const play = playbackFacts(NOON_MS);
    await deliver(heardMessages([play]));
    await LEDGER.prepare("UPDATE roll_up SET moved_at = 0").run();
    await new AccountingWorker(createExecutionContext(), slow).scheduled();
    await expectCounted([play]);
    const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const failing = interrupted(() => Promise.reject(new Error("the ledger does not answer")));
    await expect(rollUpWhenDue({ ...failing, ROLL_UP_SECONDS: "60" })).resolves.toBeUndefined();
    expect(logged).toHaveBeenCalled();
    logged.mockRestore();
  });
});
