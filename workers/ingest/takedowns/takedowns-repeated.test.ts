/** That a takedown costs no more than it must, however often it is asked for, and of whatever. */
import { beforeAll, describe, expect, it, vi } from "vitest";
import { availabilityKey } from "#domain/rights/availability.ts";
import { TAKEDOWNS_NAME } from "#durable-objects/rights/takedowns-protocol.ts";
import {
  announce,
  answered,
  bindings,
  type Caller,
  call,
  newCaller,
  newRelease,
  noise,
  send,
  transcode,
  untilState,
} from "#workers/ingest/ingest-fixtures.ts";
import { callWith, type Items, isAnnounced, isGranted, PATH, tenSecondsPass } from "./takedowns-fixtures.ts";

const reason = "withdrawn";
let artist: Caller;
let job: Caller;
let seed = 860;

vi.setConfig({ testTimeout: 60_000 });

beforeAll(async () => {
  artist = await newCaller("artist");
  job = await newCaller("job");
});

interface Published {
  readonly releaseId: string;
  readonly trackId: string;
}

async function published(): Promise<Published> {
  seed += 1;
  const { id: releaseId } = await newRelease(artist);
  const upload = await send(artist, { releaseId, bytes: noise(2_000, seed) });
  await transcode(job, upload.id);
  await untilState(artist, upload.id, "PUBLISHED");
  return { releaseId, trackId: upload.track_id };
}

async function takeDown(trackId: string): Promise<string> {
  const body = { track_id: trackId, reason };
  const { items } = await answered<Items>(call("POST", PATH, { as: artist, body }), 201);
  return items[0]?.id ?? "";
}

/** Bindings that count what a request does, and do it. */
function counted() {
  const calls = { put: 0, announce: 0, announced: [] as string[], messages: 0 };
  const object = bindings.TAKEDOWNS.getByName(TAKEDOWNS_NAME);
  const watched = {
    RIGHTS: {
      put: async (name: string, record: string) => {
        calls.put += 1;
        await bindings.RIGHTS.put(name, record);
      },
    },
    TAKEDOWNS: {
      getByName: () => ({
        announce: async (ids: Parameters<typeof object.announce>[0]) => {
          calls.announce += 1;
          calls.announced.push(...ids);
          await object.announce(ids);
        },
        withdraw: async (ids: Parameters<typeof object.withdraw>[0]) => object.withdraw(ids),
      }),
    },
    INGEST_QUEUE: {
      sendBatch: async (messages: readonly unknown[]) => {
        calls.messages += messages.length;
      },
    },
  };
  return { calls, watched };
}

describe("a request that is repeated", () => {
  it("writes, announces and sends nothing within ten seconds, then sends nothing [RGT-30]", async () => {
    const { releaseId, trackId } = await published();
    const { calls, watched } = counted();
    const body = { release_id: releaseId, reason };
    await answered(callWith(artist, watched, "POST", PATH, body), 201);
    const once = { put: 1, announce: 1, announced: [trackId], messages: 1 };
    expect(calls).toEqual(once);
    const answers = await Promise.all(Array.from({ length: 20 }, () => callWith(artist, watched, "POST", PATH, body)));
    for (const answer of answers) await answered(answer, 200);
    expect(calls).toEqual(once);
    await tenSecondsPass(releaseId);
    const later = await Promise.all(Array.from({ length: 20 }, () => callWith(artist, watched, "POST", PATH, body)));
    for (const answer of later) await answered(answer, 200);
    expect(calls).toEqual({ put: 2, announce: 2, announced: [trackId, trackId], messages: 1 });
  });

  it("is done once by many at once, and the others wait for it [RGT-30]", async () => {
    const { releaseId, trackId } = await published();
    const { calls, watched } = counted();
    const body = { release_id: releaseId, reason };
    const answers = await Promise.all(Array.from({ length: 20 }, () => callWith(artist, watched, "POST", PATH, body)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([...Array.from({ length: 19 }, () => 200), 201]);
    expect(calls).toEqual({ put: 1, announce: 1, announced: [trackId], messages: 1 });
    expect(await isGranted(trackId)).toBe(false);
  });

  it("carries out the track that was restored meanwhile, not the whole release again [RGT-30]", async () => {
    const { releaseId, trackId } = await published();
    const second = await send(artist, { releaseId, bytes: noise(2_000, 890), track: { track_number: 2 } });
    await transcode(job, second.id);
    await untilState(artist, second.id, "PUBLISHED");
    const body = { release_id: releaseId, reason };
    const { items } = await answered<Items>(call("POST", PATH, { as: artist, body }), 201);
    const id = items.find((one) => one.track_id === trackId)?.id ?? "";
    await answered(call("DELETE", `${PATH}/${id}`, { as: artist }), 204);
    const { calls, watched } = counted();
    await answered(callWith(artist, watched, "POST", PATH, body), 201);
    expect(calls).toEqual({ put: 1, announce: 1, announced: [trackId], messages: 1 });
  });

  it("restores once: lifted again, nothing is written or sent [RGT-30]", async () => {
    const { trackId } = await published();
    const id = await takeDown(trackId);
    const { calls, watched } = counted();
    for (let times = 0; times < 5; times++) await answered(callWith(artist, watched, "DELETE", `${PATH}/${id}`), 204);
    expect(calls).toMatchObject({ put: 1, messages: 1 });
    expect([await isGranted(trackId), await isAnnounced(trackId)]).toEqual([true, false]);
  });

  it("is carried out whole, with messages, where the first was cut off [RGT-30]", async () => {
    const { releaseId, trackId } = await published();
    // As an invocation leaves it that ends right after its rows are written.
    await bindings.CATALOG_0.prepare(
      "INSERT INTO takedowns (id, recording_id, requested_by, reason, requested_at, attempted_at) VALUES (?, ?, ?, 'x', 1, ?)",
    )
      .bind(crypto.randomUUID(), trackId, artist.accountId, Date.now() - 10_000)
      .run();
    const { calls, watched } = counted();
    await answered(callWith(artist, watched, "POST", PATH, { release_id: releaseId, reason }), 200);
    expect(calls).toEqual({ put: 1, announce: 1, announced: [trackId], messages: 1 });
    expect([await isGranted(trackId), await isAnnounced(trackId)]).toEqual([false, true]);
  });
});

describe("a track of which nothing was ever READY", () => {
  it("is down in the catalog, and neither announced nor written [RGT-30]", async () => {
    const { releaseId, trackId } = await published();
    const file = { releaseId, bytes: noise(2_000, 891), track: { track_number: 2 } };
    const { upload } = await announce(artist, file);
    const { calls, watched } = counted();
    const { items } = await answered<Items>(
      callWith(artist, watched, "POST", PATH, { release_id: releaseId, reason }),
      201,
    );
    expect(items.map((one) => one.track_id)).toEqual([trackId, upload.track_id]);
    expect(calls).toMatchObject({ put: 1, announced: [trackId] });
    expect([await isAnnounced(trackId), await isAnnounced(upload.track_id)]).toEqual([true, false]);
    expect(await bindings.RIGHTS.get(availabilityKey(upload.track_id))).toBeNull();
  });

  it("is announced where it is READY and its release is still to come [RGT-30]", async () => {
    const { id: releaseId } = await newRelease(artist, { release_at: "2030-01-01T00:00:00Z" });
    const upload = await send(artist, { releaseId, bytes: noise(2_000, 892) });
    await transcode(job, upload.id);
    await untilState(artist, upload.id, "READY");
    expect(await isGranted(upload.track_id)).toBe(true);
    await takeDown(upload.track_id);
    expect([await isGranted(upload.track_id), await isAnnounced(upload.track_id)]).toEqual([false, true]);
  });
});
