/** That a takedown comes into force whatever fails, and whatever else is written at the same moment. */
import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { RECORDINGS_PER_MESSAGE_MAX } from "#domain/ingest/ingest-message.ts";
import { availabilityKey } from "#domain/rights/availability.ts";
import { TAKEDOWNS_NAME } from "#durable-objects/rights/takedowns-protocol.ts";
import worker from "#workers/ingest/index.ts";
import {
  answered,
  bindings,
  type Caller,
  call,
  claimUpload,
  complete,
  newCaller,
  newRelease,
  noise,
  refused,
  send,
  storeLadder,
  transcode,
  untilState,
} from "#workers/ingest/ingest-fixtures.ts";
import { publishOrSchedule } from "#workers/ingest/publishing/publishing-actions.ts";
import { carryOutTakedowns } from "./takedowns-actions.ts";
import { callWith, type Items, isAnnounced, isGranted, PATH, tenSecondsPass } from "./takedowns-fixtures.ts";

/** The queue looks again after five seconds. */
const QUEUE_MS = 20_000;
const reason = "withdrawn";
let artist: Caller;
let job: Caller;
let seed = 900;

vi.setConfig({ testTimeout: 60_000 });

beforeAll(async () => {
  artist = await newCaller("artist");
  job = await newCaller("job");
});

interface Sent {
  readonly uploadId: string;
  readonly releaseId: string;
  readonly trackId: string;
}

async function uploaded(): Promise<Sent> {
  seed += 1;
  const { id: releaseId } = await newRelease(artist);
  const upload = await send(artist, { releaseId, bytes: noise(2_000, seed) });
  return { uploadId: upload.id, releaseId, trackId: upload.track_id };
}

async function published(): Promise<Sent> {
  const sent = await uploaded();
  await transcode(job, sent.uploadId);
  await untilState(artist, sent.uploadId, "PUBLISHED");
  return sent;
}

async function takeDown(trackId: string): Promise<string> {
  const body = { track_id: trackId, reason };
  const { items } = await answered<Items>(call("POST", PATH, { as: artist, body }), 201);
  return items[0]?.id ?? "";
}

async function consume(body: unknown, env: IngestEnv = bindings) {
  const batch = createMessageBatch("rimshot-ingest", [{ id: "0", timestamp: new Date(), attempts: 1, body }]);
  await worker.queue(batch, env);
  return (await getQueueResult(batch, createExecutionContext())).explicitAcks.length === 1;
}

const fails = () => Promise.reject(new Error("down"));
const BROKEN_OBJECT = { getByName: () => ({ announce: fails, withdraw: fails }) };

describe("where a part of it fails", () => {
  it("a takedown is recorded, the other part is done, and the queue does the rest [RGT-28]", async () => {
    const [one, other] = [await published(), await published()];
    const errors = vi.spyOn(console, "error").mockReturnValue(undefined);
    const noStore = callWith(artist, { RIGHTS: { put: fails } }, "POST", PATH, { track_id: one.trackId, reason });
    expect((await refused(noStore, 503, "unavailable")).detail).toContain("is recorded and is being carried out");
    const noObject = callWith(artist, { TAKEDOWNS: BROKEN_OBJECT }, "POST", PATH, { track_id: other.trackId, reason });
    await refused(noObject, 503, "unavailable");
    expect(errors).toHaveBeenCalledTimes(2);
    errors.mockRestore();
    expect([await isGranted(one.trackId), await isAnnounced(one.trackId)]).toEqual([true, true]);
    expect([await isGranted(other.trackId), await isAnnounced(other.trackId)]).toEqual([false, false]);
    await vi.waitFor(
      async () => {
        expect([await isGranted(one.trackId), await isAnnounced(one.trackId)]).toEqual([false, true]);
        expect([await isGranted(other.trackId), await isAnnounced(other.trackId)]).toEqual([false, true]);
      },
      { timeout: QUEUE_MS, interval: 100 },
    );
    const body = { track_id: one.trackId, reason };
    await answered(call("POST", PATH, { as: artist, body }), 200);
  });

  it("a takedown whose message cannot be sent either is to be sent again, and says so [RGT-28]", async () => {
    const { trackId, releaseId } = await published();
    const errors = vi.spyOn(console, "error").mockReturnValue(undefined);
    const broken = { RIGHTS: { put: fails }, INGEST_QUEUE: { sendBatch: fails } };
    const answer = await callWith(artist, broken, "POST", PATH, { track_id: trackId, reason });
    expect(answer.headers.get("retry-after")).toBe("10");
    expect((await refused(answer, 503, "unavailable")).detail).toContain("Send it again.");
    errors.mockRestore();
    expect(await isGranted(trackId)).toBe(true);
    // Before its time the answer is the same: nothing says that the track is down while it is not known to be.
    const early = call("POST", PATH, { as: artist, body: { track_id: trackId, reason } });
    expect((await refused(early, 503, "unavailable")).detail).toContain("Send it again.");
    expect(await isGranted(trackId)).toBe(true);
    await tenSecondsPass(releaseId);
    await answered(call("POST", PATH, { as: artist, body: { track_id: trackId, reason } }), 200);
    expect(await isGranted(trackId)).toBe(false);
  });

  it("a takedown needs no message where it was carried out at once [RGT-28]", async () => {
    const { trackId } = await published();
    const errors = vi.spyOn(console, "error").mockReturnValue(undefined);
    const broken = { INGEST_QUEUE: { sendBatch: fails } };
    await answered(callWith(artist, broken, "POST", PATH, { track_id: trackId, reason }), 201);
    errors.mockRestore();
    expect([await isGranted(trackId), await isAnnounced(trackId)]).toEqual([false, true]);
  });

  it("lifting leaves the object's word until there is a record to go by [RGT-28]", async () => {
    const { trackId } = await published();
    const id = await takeDown(trackId);
    const sent: unknown[] = [];
    const INGEST_QUEUE = { sendBatch: async (messages: unknown[]) => void sent.push(...messages) };
    const errors = vi.spyOn(console, "error").mockReturnValue(undefined);
    await refused(
      callWith(artist, { RIGHTS: { put: fails }, INGEST_QUEUE }, "DELETE", `${PATH}/${id}`),
      503,
      "unavailable",
    );
    expect([await isGranted(trackId), await isAnnounced(trackId)]).toEqual([false, true]);
    const body = { kind: "takedown-due", recordingIds: [trackId] };
    expect(sent).toEqual([{ body, delaySeconds: 5 }]);
    // The store is still down, then it is not.
    const put = fails as unknown as KVNamespace["put"];
    expect(await consume(body, { ...bindings, RIGHTS: { put } as KVNamespace })).toBe(false);
    errors.mockRestore();
    expect(await consume(body)).toBe(true);
    expect([await isGranted(trackId), await isAnnounced(trackId)]).toEqual([true, false]);
  });

  it("a message is done however often it comes, and for what does not exist [RGT-28]", async () => {
    const { trackId } = await published();
    await takeDown(trackId);
    const body = { kind: "takedown-due", recordingIds: [trackId, "0".repeat(22)] };
    for (let times = 0; times < 2; times++) expect(await consume(body)).toBe(true);
    expect([await isGranted(trackId), await isAnnounced(trackId)]).toEqual([false, true]);
    expect(await bindings.RIGHTS.get(availabilityKey("0".repeat(22)))).toBeNull();
    const errors = vi.spyOn(console, "error").mockReturnValue(undefined);
    const recordingIds = Array.from({ length: RECORDINGS_PER_MESSAGE_MAX + 1 }, () => trackId);
    expect(await consume({ kind: "takedown-due", recordingIds })).toBe(false);
    errors.mockRestore();
  });
});

describe("a release of very many tracks", () => {
  const TRACKS = 601;

  async function largeRelease(): Promise<{ releaseId: string; trackIds: readonly string[] }> {
    const { id: releaseId } = await newRelease(artist);
    const prefix = releaseId.slice(0, 19);
    await bindings.CATALOG_0.prepare(
      `INSERT INTO recordings (id, release_id, title, disc_number, track_number, isrc, explicit, master_sha256, published_at, created_at)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${TRACKS})
         SELECT printf('${prefix}%03d', i), ?1, 'T', 1, i, NULL, 0, NULL, 1, 0 FROM n`,
    )
      .bind(releaseId)
      .run();
    const trackIds = Array.from({ length: TRACKS }, (_, i) => `${prefix}${String(i + 1).padStart(3, "0")}`);
    return { releaseId, trackIds };
  }

  it("is taken down as one, what an invocation has no calls for by messages [RGT-28]", async () => {
    const { releaseId, trackIds } = await largeRelease();
    const sent: { body: { recordingIds: string[] }; delaySeconds: number }[] = [];
    const INGEST_QUEUE = { sendBatch: async (messages: typeof sent) => void sent.push(...messages) };
    const answer = callWith(artist, { INGEST_QUEUE }, "POST", PATH, { release_id: releaseId, reason });
    const { items } = await answered<Items>(answer, 201);
    expect(items.map((item) => item.track_id)).toEqual(trackIds);
    expect(sent.map(({ body, delaySeconds }) => [body.recordingIds.length, delaySeconds])).toEqual([
      ...Array.from({ length: 5 }, () => [100, 5]),
      [100, 0],
      [1, 0],
    ]);
    const last = trackIds.at(-1) ?? "";
    expect([await isAnnounced(trackIds[499] ?? ""), await isAnnounced(last)]).toEqual([true, false]);
    for (const { body } of sent) expect(await consume(body)).toBe(true);
    const { recordingIds } = await bindings.TAKEDOWNS.getByName(TAKEDOWNS_NAME).recent();
    expect(trackIds.filter((id) => !(recordingIds as readonly string[]).includes(id))).toEqual([]);
    const records = await Promise.all(trackIds.map((id) => bindings.RIGHTS.get(availabilityKey(id))));
    expect(new Set(records)).toEqual(new Set(['{"v":1,"grants":{}}']));
  });

  it("is not said to be down where the messages for the rest of it could not be sent [RGT-28]", async () => {
    const { releaseId } = await largeRelease();
    const errors = vi.spyOn(console, "error").mockReturnValue(undefined);
    const INGEST_QUEUE = { sendBatch: fails };
    const answer = callWith(artist, { INGEST_QUEUE }, "POST", PATH, { release_id: releaseId, reason });
    expect((await refused(answer, 503, "unavailable")).detail).toContain("Send it again.");
    errors.mockRestore();
  });
});

describe("a recording that is taken down", () => {
  it("stays down when an upload of it is published afterwards [RGT-29]", async () => {
    const { uploadId, trackId } = await uploaded();
    await takeDown(trackId);
    await transcode(job, uploadId);
    await untilState(artist, uploadId, "PUBLISHED");
    expect(await isGranted(trackId)).toBe(false);
    const track = await answered(call("GET", `/v1/tracks/${trackId}`, { country: "DE" }), 200);
    expect(track).toMatchObject({ is_playable: false });
  });

  it("stays down when it is published in the same moment, whichever writes last [RGT-29]", async () => {
    const { uploadId, trackId } = await uploaded();
    const lease = await claimUpload(job, uploadId);
    const renditions = await storeLadder(job, lease);
    await bindings.CATALOG_0.prepare("UPDATE uploads SET state = 'READY' WHERE id = ?").bind(uploadId).run();
    const written: string[] = [];
    const put = async (name: string, record: string) => {
      // The publisher has read the deals and is about to write them: now the takedown comes and goes through.
      if (written.length === 0) await takeDown(trackId);
      written.push(record);
      await bindings.RIGHTS.put(name, record);
    };
    const RIGHTS = { put } as unknown as KVNamespace;
    expect(await publishOrSchedule({ ...bindings, RIGHTS }, uploadId)).toBe("published");
    expect(written).toHaveLength(2);
    expect(written[0]).toContain("SubscriptionModel");
    expect([await isGranted(trackId), await isAnnounced(trackId)]).toEqual([false, true]);
    await complete(job, lease, renditions);
  });

  it("is restored where it is lifted while it is being taken down, and the other way round [RGT-29]", async () => {
    const { trackId } = await published();
    const id = await takeDown(trackId);
    let steps = 0;
    const put = async (name: string, record: string) => {
      steps += 1;
      if (steps === 1) await answered(call("DELETE", `${PATH}/${id}`, { as: artist }), 204);
      await bindings.RIGHTS.put(name, record);
    };
    await carryOutTakedowns({ ...bindings, RIGHTS: { put } as unknown as KVNamespace }, [trackId]);
    expect([await isGranted(trackId), await isAnnounced(trackId)]).toEqual([true, false]);
    steps = 0;
    const putLate = async (name: string, record: string) => {
      steps += 1;
      if (steps === 1) await takeDown(trackId);
      await bindings.RIGHTS.put(name, record);
    };
    await carryOutTakedowns({ ...bindings, RIGHTS: { put: putLate } as unknown as KVNamespace }, [trackId]);
    expect([await isGranted(trackId), await isAnnounced(trackId)]).toEqual([false, true]);
  });

  it("ends right after many takedowns and restorations at once [RGT-29]", async () => {
    const { trackId, releaseId } = await published();
    const toggle = async () => {
      const answer = await call("POST", PATH, { as: artist, body: { track_id: trackId, reason } });
      const { items = [] } = await answer.json<Partial<Items>>();
      for (const { id } of items) await (await call("DELETE", `${PATH}/${id}`, { as: artist })).body?.cancel();
    };
    await Promise.all([1, 2, 3, 4].map(toggle));
    await consume({ kind: "takedown-due", recordingIds: [trackId] });
    const { items } = await answered<Items>(call("GET", `${PATH}?release_id=${releaseId}`, { as: artist }), 200);
    const down = items.length > 0;
    expect([await isGranted(trackId), await isAnnounced(trackId)]).toEqual([!down, down]);
  });

  it("is found by its recording, not by reading all takedowns [RGT-29]", async () => {
    const ran: string[] = [];
    const prepare = (sql: string) => {
      ran.push(sql);
      return bindings.CATALOG_0.prepare(sql);
    };
    const { trackId } = await uploaded();
    const watched = { ...bindings.CATALOG_0, prepare, batch: bindings.CATALOG_0.batch.bind(bindings.CATALOG_0) };
    await carryOutTakedowns({ ...bindings, CATALOG_0: watched as unknown as D1Database }, [trackId]);
    const reads = ran.filter((sql) => /from "takedowns"/.test(sql));
    expect(reads.length).toBeGreaterThan(0);
    for (const sql of reads) {
      const plan = await bindings.CATALOG_0.prepare(`EXPLAIN QUERY PLAN ${sql}`).bind("[]").all<{ detail: string }>();
      expect(plan.results.map(({ detail }) => detail).join()).toMatch(/SEARCH takedowns USING .*takedowns_in_force/);
    }
  });
});
