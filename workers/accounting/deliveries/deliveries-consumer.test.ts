import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Delivery, DeliveryReport } from "#domain/delivery/delivery-report.ts";
import type { PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import { HOUR_MS } from "#domain/foundation/time.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import { consumeDeliveries } from "./deliveries-consumer.ts";
import { listDeliveredHours } from "./deliveries-store.ts";

const accounting = env as unknown as AccountingEnv;
/** Far from what other tests deliver meanwhile. */
const HOUR = Date.UTC(2039, 10, 23, 20);

beforeEach(async () => {
  await accounting.LEDGER.batch([
    accounting.LEDGER.prepare("DELETE FROM delivered_hours"),
    accounting.LEDGER.prepare("DELETE FROM delivery_reports"),
  ]);
});

function delivery(overrides: Partial<Delivery> = {}): Delivery {
  return {
    playback: freshId<PlaybackId>(),
    track: freshId<RecordingId>(),
    country: "DE",
    quality: "vorbis-160",
    ranges: 3,
    cacheRanges: 2,
    cacheBytes: 2_000,
    originBytes: 1_000,
    ...overrides,
  };
}

function report(deliveries: readonly Delivery[], toMs = HOUR + 60_000): DeliveryReport {
  return { id: freshId(), fromMs: toMs - 15_000, toMs, deliveries };
}

async function deliver(bodies: readonly unknown[], consumerEnv = accounting) {
  const timestamp = new Date();
  const messages = bodies.map((body, index) => ({ id: `d${index}`, timestamp, attempts: 1, body }));
  const batch = createMessageBatch("rimshot-deliveries", messages);
  await consumeDeliveries(consumerEnv, batch);
  return getQueueResult(batch, createExecutionContext());
}

async function hours() {
  const listed = await listDeliveredHours(accounting.LEDGER, 10);
  return listed.filter(({ hour }) => hour >= HOUR - HOUR_MS);
}

describe("reports of the edge", () => {
  it("are in the sums of their hour once, however often they come [DEL-3]", async () => {
    const one = report([delivery(), delivery({ country: "T1" }), delivery({ quality: "flac", cacheBytes: 10 })]);
    const two = report([delivery()]);
    for (const bodies of [[one, two], [one], [two, one, one]]) {
      expect((await deliver(bodies)).explicitAcks).toHaveLength(bodies.length);
    }
    expect(await hours()).toEqual([{ hour: HOUR, ranges: 12, cacheRanges: 8, cacheBytes: 6_010, originBytes: 4_000 }]);
  });

  it("are told hour by hour, the newest first [DEL-3]", async () => {
    await deliver([report([delivery()], HOUR - 1), report([delivery()], HOUR), report([delivery()], HOUR + HOUR_MS)]);
    expect((await hours()).map(({ hour }) => hour)).toEqual([HOUR + HOUR_MS, HOUR, HOUR - HOUR_MS]);
  });

  it("are in the archive, a line for each playback and rendition [DEL-4]", async () => {
    const kept = report([delivery(), delivery()]);
    await deliver([kept, kept]);
    const object = await accounting.ARCHIVE.get(`deliveries/2039-11-23/20/${kept.id}.ndjson`);
    const lines = (await object?.text())?.trim().split("\n") ?? [];
    const { id, fromMs, toMs, deliveries } = kept;
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      deliveries.map((each) => ({ report: id, fromMs, toMs, ...each })),
    );
  });

  it("that are none are put aside and do not come again [DEL-4]", async () => {
    const errors = vi.spyOn(console, "error").mockReturnValue(undefined);
    const good = report([delivery()]);
    const poison = [
      { ...good, id: "short" },
      { ...good, deliveries: [] },
      { ...good, deliveries: [delivery({ cacheBytes: -1 })] },
      { ...good, deliveries: [{ ...delivery(), playback: "x" }] },
      "no object",
    ];
    expect((await deliver([...poison, good])).explicitAcks).toHaveLength(poison.length + 1);
    expect(errors).toHaveBeenCalledTimes(poison.length);
    errors.mockRestore();
    expect(await accounting.ARCHIVE.head("poison/deliveries/d4.json")).not.toBeNull();
    expect(await hours()).toHaveLength(1);
  });

  it.each(["LEDGER", "ARCHIVE"] as const)("come again where %s does not answer [DEL-3]", async (name) => {
    vi.spyOn(console, "error").mockReturnValue(undefined);
    const broken = new Proxy(accounting[name], {
      get: () => () => {
        throw new Error("down");
      },
    });
    const good = report([delivery()]);
    const { explicitAcks, retryMessages } = await deliver([good], { ...accounting, [name]: broken });
    expect([explicitAcks, retryMessages.length]).toEqual([[], 1]);
    await deliver([good]);
    expect(await hours()).toHaveLength(1);
    vi.restoreAllMocks();
  });
});
