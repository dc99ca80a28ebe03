import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { unstable_readConfig } from "wrangler";
import { DAY_BYTES_MAX } from "#domain/plays/listening-day.ts";
import { playShardName } from "#domain/plays/play-shard.ts";
import { makeSubjectId, SUBJECT_RANDOM_BYTES } from "#domain/plays/subject.ts";
import { REPORT_PLAYBACKS_MAX, WAIT_MAX_MS } from "../../player/src/plays/delivery-schedule.ts";
import { mergeEvents } from "../../player/src/plays/merge-events.ts";
import { PROGRESS_EVERY_MS } from "../../player/src/plays/play-report.ts";
import { countingCharges, shardRows, shardsPerBatch } from "./counting-charges.ts";
import { AS_BUILT } from "./designs.ts";
import { audioCpu, RANGE_SIZE, STREAM_ROWS } from "./measured.ts";
import { QUEUE_OPERATION_BYTES } from "./prices.ts";
import { rollUpOf, rollUpSeconds } from "./roll-up-charges.ts";
import { SCENARIOS } from "./scenarios.ts";
import {
  ASSUMED_OF_STREAM,
  elementRequests,
  eventsPerStream,
  IN_CODE,
  listeningDayBytes,
  playMessageBytes,
  reportsPerStream,
} from "./stream-profile.ts";

/** What a constant is written as where it stands. */
function inSource(path: string, name: string): string {
  const found = new RegExp(`const ${name} = ([^;]+);`).exec(readFileSync(path, "utf8"))?.[1];
  if (found === undefined) throw new Error(`${path} has no ${name}`);
  return found;
}

describe("the numbers of the code", () => {
  it("are those that the code has", () => {
    expect(PROGRESS_EVERY_MS).toBe(IN_CODE.progressSeconds * 1_000);
    expect(WAIT_MAX_MS).toBe(IN_CODE.reportSeconds * 1_000);
    expect(REPORT_PLAYBACKS_MAX).toBe(IN_CODE.reportSongs);
    expect(inSource("durable-objects/plays/round-news.ts", "MARK_LENGTH")).toBe("2");
    expect(62 ** Number(inSource("domain/plays/play-sums.ts", "BLOCK_CHARACTERS"))).toBe(IN_CODE.recordingBlocks);
    expect(inSource("workers/accounting/plays/roll-up.ts", "PLAYS_PER_PART")).toBe("50_000");
    expect(IN_CODE.rollUpPartPlays).toBe(50_000);
    expect(inSource("workers/edge/audio/rights.ts", "KEPT_FRESH_MS")).toBe(`${IN_CODE.rightsSeconds} * SECOND_MS`);
    expect(inSource("workers/edge/audio/takedowns.ts", "CACHE_MS")).toBe("10_000");
    expect(IN_CODE.takedownsSeconds).toBe(10);
    expect(inSource("domain/plays/qualification.ts", "ROYALTY_AUDIBLE_MS")).toBe("30_000");
    expect(IN_CODE.qualifyingSeconds).toBe(30);
    expect(inSource("workers/api/accounts/auth-instance.ts", "ACCESS_TOKEN_LIFETIME")).toBe('"10m"');
    expect(IN_CODE.accessTokenSeconds).toBe(600);
  });

  it("are those of the Workers' configuration", () => {
    const edge = unstable_readConfig({ config: "wrangler.toml" });
    expect(edge.vars["DELIVERY_REPORT_SECONDS"]).toBe(String(IN_CODE.deliveryReportSeconds));
    const accounting = unstable_readConfig({ config: "workers/accounting/wrangler.toml" });
    expect(accounting.vars["ROLL_UP_SECONDS"]).toBe(String(IN_CODE.rollUpSeconds));
    const plays = accounting.queues.consumers?.find(
      (consumer: { queue: string }) => consumer.queue === "rimshot-plays",
    );
    expect(plays).toMatchObject({
      max_batch_size: IN_CODE.playsBatchMessages,
      max_batch_timeout: IN_CODE.playsBatchSeconds,
    });
  });

  it("name as many play shards as there are", () => {
    const shards = new Set<string>();
    for (let subject = 0; subject < 5_000; subject++) {
      const random = new Uint8Array(SUBJECT_RANDOM_BYTES).map((_byte, index) => (subject * 31 + index * 97) % 251);
      random.set([subject & 255, subject >> 8]);
      shards.add(playShardName({ subjectId: makeSubjectId(random), issuedAtMs: 0 }));
    }
    expect(shards.size).toBe(IN_CODE.playShards);
  });
});

describe("counting", () => {
  const events = eventsPerStream(205);
  const { figures } = STREAM_ROWS;

  it("takes the rows that were measured: one for a message of five songs", () => {
    expect(shardRows(1, { reportsPerStream: 0.2, shard: "day" }, 0)).toEqual({
      read: figures.countFiveRowsRead / 5,
      written: figures.countFiveRowsWritten / 5,
    });
    expect(shardRows(1, { reportsPerStream: 0.2, shard: "day" }).written).toBeCloseTo(0.2, 2);
  });

  it("took a row for each event and each message as it was", () => {
    expect(shardRows(events, { reportsPerStream: events, shard: "row-per-event" })).toEqual({ read: 253, written: 44 });
    expect(shardRows(events, { reportsPerStream: 1, shard: "row-per-event" })).toEqual({ read: 1, written: 23 });
  });

  it("packs a song's events into fewer bytes than one by one", () => {
    expect(playMessageBytes(1, events)).toBeLessThan(events * playMessageBytes(1, 1));
    expect(playMessageBytes(5, events)).toBeLessThanOrEqual(5 * playMessageBytes(1, events));
  });

  it("is a report for five songs, or for what is between two interruptions, and more for a song of hours", () => {
    const { interruptions } = ASSUMED_OF_STREAM;
    expect(AS_BUILT.counting).toMatchObject({ events: "merged", archive: "batch", shard: "day", ledger: "sums" });
    expect(AS_BUILT.counting.reportsPerStream).toBe(reportsPerStream(205));
    const songsByHand = [0, 1, 2, 3, 4].reduce((songs, song) => songs + (1 - interruptions) ** song, 0);
    expect(1 / reportsPerStream(205)).toBeCloseTo(songsByHand, 10);
    expect(reportsPerStream(400)).toBeGreaterThan(reportsPerStream(205));
    expect(reportsPerStream(1_200)).toBeCloseTo(1, 10);
    expect([1_201, 3_600].map((seconds) => reportsPerStream(seconds) - interruptions)).toEqual([2, 3]);
  });

  it("keeps the message of five songs within one operation of the queue, and a day of songs within its row", () => {
    expect(playMessageBytes(IN_CODE.reportSongs, 1, "merged")).toBeLessThan(QUEUE_OPERATION_BYTES);
    expect((86_400 / 205) * listeningDayBytes(eventsPerStream(205), "each")).toBeLessThan(DAY_BYTES_MAX);
    expect(listeningDayBytes(1, "merged")).toBeLessThan(listeningDayBytes(2, "each"));
  });

  it("writes fewer rows of sums for a play the more plays there are between two roll-ups", () => {
    const shares = SCENARIOS.map((scenario) => {
      const { plays, sumRows, marks } = rollUpOf(scenario, AS_BUILT.counting);
      expect(sumRows).toBeLessThanOrEqual(2.1 * plays);
      expect(marks).toBeLessThanOrEqual(plays);
      return sumRows / plays;
    });
    expect(shares).toEqual([...shares].sort((a, b) => b - a));
    expect(SCENARIOS.map(rollUpSeconds)).toEqual([60, 3_600, 3_600, 3_600]);
  });

  it("takes the event of a song that the player's own merging makes, in as many bytes", () => {
    const each = (seq: number, kind: "start" | "progress" | "end", ...spans: { from_ms: number; to_ms: number }[]) => ({
      event_id: String(seq).padStart(32, "0"),
      play_token: "token",
      seq,
      kind,
      spans,
    });
    const first = mergeEvents(each(0, "start"), each(1, "progress", { from_ms: 0, to_ms: 10_000 }));
    const whole = first === null ? null : mergeEvents(first, each(2, "end", { from_ms: 10_000, to_ms: 205_000 }));
    const { event_id: eventId, play_token: _token, spans, ...rest } = whole ?? each(0, "start");
    const event = { eventId, ...rest, spans: spans.map(({ from_ms: fromMs, to_ms: toMs }) => ({ fromMs, toMs })) };
    const emptyBytes = playMessageBytes(1, 2, "merged") - playMessageBytes(1, 1, "merged");
    expect(JSON.stringify(event).length + 1).toBe(emptyBytes);
  });

  it("calls no more shards than there are, and one for one message", () => {
    expect(shardsPerBatch(1)).toBeCloseTo(1, 10);
    expect(shardsPerBatch(1e6)).toBeLessThanOrEqual(IN_CODE.playShards);
  });

  it("costs less the fewer reports there are of a song", () => {
    const [scenario] = SCENARIOS;
    if (scenario === undefined) throw new RangeError("there is no scenario");
    const operations = [22, 11, 1, 0.2].map((reportsPerStream) => {
      const charges = countingCharges(scenario, { ...AS_BUILT.counting, reportsPerStream });
      return charges.find(({ meter }) => meter === "queueOperations")?.perStream ?? Number.NaN;
    });
    expect(operations).toEqual([...operations].sort((a, b) => b - a));
  });
});

describe("audio", () => {
  it("asks as often as was measured, and once more at least for a jump", () => {
    expect(elementRequests("Vorbis")).toEqual({ perSong: 3, perSeek: 1 });
    expect(elementRequests("Aac")).toEqual({ perSong: 1, perSeek: 1 });
  });

  it("takes CPU by request and by megabyte, within a quarter of what was measured in between", () => {
    const { msPerRequest, msPerMegabyte } = audioCpu();
    expect(msPerRequest).toBeGreaterThan(0);
    expect(msPerMegabyte).toBeGreaterThan(0);
    const mebibyteMb = 1_024 ** 2 / 1e6;
    const ratio = (msPerRequest / mebibyteMb + msPerMegabyte) / (RANGE_SIZE.figures.cpuMicrosPerMb1m / 1_000);
    expect(ratio).toBeGreaterThan(0.75);
    expect(ratio).toBeLessThan(1.25);
  });
});
