/** That what the service took down does not come back by uploading it again. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { REJECT_REASONS } from "#domain/ingest/upload-states.ts";
import {
  announce,
  answered,
  bindings,
  type Caller,
  call,
  newCaller,
  newRelease,
  noise,
  readUpload,
  send,
  transcode,
  untilState,
} from "#workers/ingest/ingest-fixtures.ts";
import type { Takedown } from "#workers/ingest/takedowns/takedowns-contract.ts";
import type { Upload } from "#workers/ingest/uploads/uploads-contract.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { publishOrSchedule } from "./publishing-actions.ts";
import { findToPublish, publishUpload } from "./publishing-store.ts";

const PATH = "/v1/ingest/takedowns";
const FUTURE = "2030-01-01T00:00:00Z";
let artist: Caller;
let stranger: Caller;
let admin: Caller;
let job: Caller;
let seed = 1_300;

beforeAll(async () => {
  artist = await newCaller("artist");
  stranger = await newCaller("artist");
  admin = await newCaller("admin");
  job = await newCaller("job");
});

function newBytes(): Uint8Array<ArrayBuffer> {
  seed += 1;
  return noise(2_000, seed);
}

interface Published {
  readonly upload: Upload;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

async function published(as = artist): Promise<Published> {
  const bytes = newBytes();
  const { id: releaseId } = await newRelease(as);
  const upload = await send(as, { releaseId, bytes });
  await transcode(job, upload.id);
  return { upload: await untilState(as, upload.id, "PUBLISHED"), bytes };
}

/** Its id. */
async function takeDown(as: Caller, { upload }: Published): Promise<string> {
  const body = { track_id: upload.track_id, reason: "not theirs" };
  const { items } = await answered<{ items: readonly Takedown[] }>(call("POST", PATH, { as, body }), 201);
  return items.at(-1)?.id ?? "";
}

async function lift(as: Caller, id: string): Promise<void> {
  await answered(call("DELETE", `${PATH}/${id}`, { as }), 204);
}

async function sendAgain(as: Caller, bytes: Uint8Array<ArrayBuffer>, releaseId?: string): Promise<Upload> {
  const track = { track_number: 7 };
  return send(as, { releaseId: releaseId ?? (await newRelease(as)).id, bytes, track });
}

/** An upload that was made ready without being published. */
async function ready(as: Caller, bytes: Uint8Array<ArrayBuffer>): Promise<Upload> {
  const { id: releaseId } = await newRelease(as, { release_at: FUTURE });
  const upload = await send(as, { releaseId, bytes });
  return untilState(as, upload.id, "READY");
}

async function setReleaseDue(releaseId: string): Promise<void> {
  await bindings.CATALOG_0.prepare("UPDATE releases SET release_at = ? WHERE id = ?")
    .bind(Date.now() - 1, releaseId)
    .run();
}

describe("a file that the service has taken down", () => {
  it("is rejected as another track, of another release and by another account [ING-66]", async () => {
    const first = await published();
    await takeDown(admin, first);
    const again = [
      await sendAgain(artist, first.bytes, first.upload.release_id),
      await sendAgain(artist, first.bytes),
      await sendAgain(stranger, first.bytes),
    ];
    for (const [index, { id, track_id: trackId }] of again.entries()) {
      const { reason } = await untilState(index === 2 ? stranger : artist, id, "REJECTED");
      expect(reason).toEqual({ code: "withdrawn", message: REJECT_REASONS.withdrawn, detail: "" });
      expect(await bindings.RIGHTS.get(`availability/${trackId}`)).toBeNull();
      await answered(call("GET", `/v1/tracks/${trackId}`, { country: "DE" }), 404);
    }
    expect((await readUpload(artist, first.upload.id)).state).toBe("PUBLISHED");
  });

  it("is published again once every such takedown is lifted [ING-66]", async () => {
    const first = await published();
    const other = await newCaller("admin");
    const ids = [await takeDown(admin, first), await takeDown(other, first)];
    for (const id of ids) {
      const { id: refusedId } = await sendAgain(stranger, first.bytes);
      expect((await untilState(stranger, refusedId, "REJECTED")).reason?.code).toBe("withdrawn");
      await lift(admin, id);
    }
    const { id } = await sendAgain(stranger, first.bytes);
    await untilState(stranger, id, "PUBLISHED");
  });

  it("is published again where it was its owner who took it down, and by others too [ING-66]", async () => {
    const first = await published();
    await takeDown(artist, first);
    for (const as of [artist, stranger]) {
      const { id } = await sendAgain(as, first.bytes);
      await untilState(as, id, "PUBLISHED");
    }
    const ofAdmin = await published(admin);
    await takeDown(admin, ofAdmin);
    const { id } = await sendAgain(artist, ofAdmin.bytes);
    await untilState(artist, id, "PUBLISHED");
  });

  it("is rejected at its release's instant where it was READY before the takedown [ING-66]", async () => {
    const first = await published();
    const waiting = await ready(stranger, first.bytes);
    await takeDown(admin, first);
    await setReleaseDue(waiting.release_id);
    expect(await runDurableObjectAlarm(bindings.RELEASE_CLOCKS.getByName(waiting.release_id))).toBe(true);
    expect((await untilState(stranger, waiting.id, "REJECTED")).reason?.code).toBe("withdrawn");
  });

  it("is not published by a takedown that comes between the look and the step [ING-66]", async () => {
    const first = await published();
    const waiting = await ready(stranger, first.bytes);
    await setReleaseDue(waiting.release_id);
    const put = async (name: string, record: string) => {
      await bindings.RIGHTS.put(name, record);
      await takeDown(admin, first);
    };
    const RIGHTS = { put } as unknown as KVNamespace;
    expect(await publishOrSchedule({ ...bindings, RIGHTS }, waiting.id)).toBe("rejected");
    expect(await readUpload(stranger, waiting.id)).toMatchObject({ state: "REJECTED", reason: { code: "withdrawn" } });
    await answered(call("GET", `/v1/tracks/${waiting.track_id}`, { country: "DE" }), 404);
    const found = await findToPublish(catalogDatabase(bindings.CATALOG_0), waiting.id);
    if (found === null) throw new Error("the upload is gone");
    expect(await publishUpload(bindings.CATALOG_0, found, Date.now())).toBe(false);
  });

  it("goes on in its own track, which stays down and comes back when it is lifted [ING-66]", async () => {
    const deals = [{ territories: ["Worldwide"], starts_at: "2020-01-01T00:00:00Z" }];
    const { id: releaseId } = await newRelease(artist, { release_at: FUTURE, deals });
    const bytes = newBytes();
    const upload = await send(artist, { releaseId, bytes });
    await transcode(job, upload.id);
    await untilState(artist, upload.id, "READY");
    const id = await takeDown(admin, { upload, bytes });
    await setReleaseDue(releaseId);
    expect(await publishOrSchedule(bindings, upload.id)).toBe("published");
    const path = `/v1/tracks/${upload.track_id}`;
    expect(await answered(call("GET", path, { country: "DE" }), 200)).toMatchObject({ is_playable: false });
    await lift(admin, id);
    expect(await answered(call("GET", path, { country: "DE" }), 200)).toMatchObject({ is_playable: true });
  });

  it("is not one whose hash was only announced: that takes nobody's music down [ING-66]", async () => {
    const bytes = newBytes();
    const { id: releaseId } = await newRelease(stranger);
    const { upload } = await announce(stranger, { releaseId, bytes });
    await takeDown(admin, { upload, bytes });
    const real = await send(artist, { releaseId: (await newRelease(artist)).id, bytes });
    await transcode(job, real.id);
    await untilState(artist, real.id, "PUBLISHED");
  });

  it("is found by its hash, not by reading all uploads [ING-66]", async () => {
    const ran: string[] = [];
    const prepare = (sql: string) => {
      ran.push(sql);
      return bindings.CATALOG_0.prepare(sql);
    };
    const first = await published();
    const watched = { ...bindings.CATALOG_0, prepare, batch: bindings.CATALOG_0.batch.bind(bindings.CATALOG_0) };
    const waiting = await ready(stranger, first.bytes);
    await setReleaseDue(waiting.release_id);
    const env = { ...bindings, CATALOG_0: watched as unknown as D1Database };
    expect(await publishOrSchedule(env, waiting.id)).toBe("published");
    const steps = ran.filter((sql) => sql.includes("same.sha256"));
    expect(steps.length).toBe(2);
    for (const sql of steps) {
      const bound = Array.from({ length: sql.includes("?1") ? 2 : sql.split("?").length - 1 }, () => null);
      const plan = await bindings.CATALOG_0.prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .bind(...bound)
        .all<{ detail: string }>();
      const read = plan.results.map(({ detail }) => detail).join();
      expect(read).toMatch(/SEARCH same USING INDEX uploads_by_sha256/);
      expect(read).not.toMatch(/SCAN (same|t|r|l)\b/);
    }
  });

  it("holds up no other track of its release [ING-66]", async () => {
    const lines = vi.spyOn(console, "log").mockReturnValue(undefined);
    const first = await published();
    const { id: releaseId } = await newRelease(stranger, { release_at: FUTURE });
    const withdrawn = await send(stranger, { releaseId, bytes: first.bytes });
    await untilState(stranger, withdrawn.id, "READY");
    const other = await send(stranger, { releaseId, bytes: newBytes(), track: { track_number: 2 } });
    await transcode(job, other.id);
    await takeDown(admin, first);
    await setReleaseDue(releaseId);
    expect(await runDurableObjectAlarm(bindings.RELEASE_CLOCKS.getByName(releaseId))).toBe(true);
    await untilState(stranger, other.id, "PUBLISHED");
    await untilState(stranger, withdrawn.id, "REJECTED");
    const logged = lines.mock.calls.map(([line]) => JSON.parse(String(line)) as { event: string });
    lines.mockRestore();
    expect(logged.filter(({ event }) => event === "upload-rejected")).toEqual([
      { level: "info", event: "upload-rejected", worker: "ingest", uploadId: withdrawn.id, code: "withdrawn" },
    ]);
  });
});
