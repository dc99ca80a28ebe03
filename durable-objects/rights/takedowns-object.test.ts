import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { RecordingId } from "#domain/foundation/ids.ts";
import { HOUR_MS } from "#domain/foundation/time.ts";
import { RECENT_TAKEDOWNS_MAX } from "./takedowns-protocol.ts";

const bindings = env as unknown as RealtimeEnv;

afterEach(() => {
  vi.useRealTimers();
});

function newObject() {
  return bindings.TAKEDOWNS.getByName(crypto.randomUUID());
}

function trackOf(number: number): RecordingId {
  return String(number).padStart(22, "0") as RecordingId;
}

function setClock(nowMs: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: nowMs });
}

describe("the object of takedowns", () => {
  it("says what was announced until it is withdrawn, announced twice or not [RGT-23]", async () => {
    const object = newObject();
    expect((await object.recent()).recordingIds).toEqual([]);
    await object.announce([trackOf(1), trackOf(2)]);
    await object.announce([trackOf(2), trackOf(3)]);
    expect((await object.recent()).recordingIds).toEqual([1, 2, 3].map(trackOf));
    await object.withdraw([trackOf(2), trackOf(9)]);
    expect((await object.recent()).recordingIds).toEqual([1, 3].map(trackOf));
  });

  it("forgets after an hour, counted from the last announcement [RGT-23]", async () => {
    const object = newObject();
    const nowMs = Date.now();
    setClock(nowMs);
    await object.announce([trackOf(1), trackOf(2)]);
    setClock(nowMs + HOUR_MS / 2);
    await object.announce([trackOf(2)]);
    setClock(nowMs + HOUR_MS - 1);
    expect(await object.recent()).toEqual({ recordingIds: [1, 2].map(trackOf), asOfMs: nowMs + HOUR_MS - 1 });
    setClock(nowMs + HOUR_MS);
    expect((await object.recent()).recordingIds).toEqual([trackOf(2)]);
    setClock(nowMs + 2 * HOUR_MS);
    await object.announce([trackOf(3)]);
    const kept = await runInDurableObject(object, (_object, { storage }) =>
      storage.sql.exec<{ recording_id: string }>("SELECT recording_id FROM takedowns").toArray(),
    );
    expect(kept).toEqual([{ recording_id: trackOf(3) }]);
  });

  it("keeps the newest of too many [RGT-23]", async () => {
    const object = newObject();
    const nowMs = Date.now();
    setClock(nowMs);
    await object.announce([trackOf(0), trackOf(1)]);
    setClock(nowMs + 1);
    await object.announce(Array.from({ length: RECENT_TAKEDOWNS_MAX - 1 }, (_, index) => trackOf(index + 2)));
    const { recordingIds } = await object.recent();
    expect(recordingIds).toHaveLength(RECENT_TAKEDOWNS_MAX);
    expect(recordingIds).toContain(trackOf(RECENT_TAKEDOWNS_MAX));
    expect([trackOf(0), trackOf(1)].filter((track) => recordingIds.includes(track))).toHaveLength(1);
  });
});
