import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { IngestMessage } from "#domain/ingest/ingest-message.ts";
import worker from "#workers/ingest/index.ts";
import {
  announce,
  answered,
  append,
  bindings,
  type Caller,
  newCaller,
  newRelease,
  noise,
  readUpload,
  send,
  transcode,
  untilState,
} from "#workers/ingest/ingest-fixtures.ts";
import { masterUploadKey } from "#workers/ingest/uploads/upload-keys.ts";
import { freshId } from "#workers/shared/fresh-id.ts";

let artist: Caller;
let job: Caller;
let releaseId: string;
let tracks = 0;

beforeAll(async () => {
  artist = await newCaller("artist");
  job = await newCaller("job");
  releaseId = (await newRelease(artist)).id;
});

function nextTrack() {
  tracks += 1;
  return { track_number: tracks };
}

async function consume(...bodies: readonly unknown[]) {
  const timestamp = new Date();
  const messages = bodies.map((body, index) => ({ id: String(index), timestamp, attempts: 1 + 3 * index, body }));
  const batch = createMessageBatch("rimshot-ingest", messages);
  const retries = batch.messages.map((message) => vi.spyOn(message, "retry"));
  await worker.queue(batch, bindings);
  const { explicitAcks } = await getQueueResult(batch, createExecutionContext());
  return { explicitAcks, delays: retries.map((retry) => retry.mock.calls[0]?.[0]?.delaySeconds ?? null) };
}

async function settled(uploadId: string): Promise<void> {
  await vi.waitFor(async () => expect((await bindings.UPLOADS.getByName(uploadId).progress())?.phase).toBe("settled"));
}

describe("the ingest queue", () => {
  it("takes each message for itself: what fails comes again, later each time [ING-41]", async () => {
    const errors = vi.spyOn(console, "error").mockReturnValue(undefined);
    const poison = [{ kind: "upload-complete" }, "not even an object", { kind: "unheard of", uploadId: "x" }];
    const result = await consume(...poison, { kind: "release-due", releaseId: freshId<string>() });
    expect(result.explicitAcks).toEqual(["3"]);
    expect(result.delays).toEqual([2, 16, 128, null]);
    expect(errors).toHaveBeenCalledTimes(3);
    errors.mockRestore();
  });

  it("believes no message that bytes are here which are not [ING-42]", async () => {
    const bytes = noise(4_000, 200);
    const known = await send(artist, { releaseId, bytes, track: nextTrack() });
    await untilState(artist, known.id, "UPLOADED");
    const ticket = await announce(artist, { releaseId, bytes, track: nextTrack() });
    await answered(append(ticket, 0, bytes.slice(0, 3_999)), 204);
    const uploadId = ticket.upload.id;
    const messages: IngestMessage[] = [
      { kind: "upload-complete", uploadId },
      { kind: "upload-abandoned", uploadId },
    ];
    expect((await consume(...messages)).explicitAcks).toEqual(["0", "1"]);
    expect((await readUpload(artist, uploadId)).state).toBe("PENDING");
    await answered(append(ticket, 3_999, bytes.slice(3_999)), 204);
    await untilState(artist, uploadId, "UPLOADED");
  });

  it("does a message once, however often and in whatever order it comes [ING-41]", async () => {
    const upload = await send(artist, { releaseId, bytes: noise(4_000, 201), track: nextTrack() });
    await untilState(artist, upload.id, "UPLOADED");
    await settled(upload.id);
    const again: IngestMessage[] = [
      { kind: "upload-abandoned", uploadId: upload.id },
      { kind: "upload-complete", uploadId: upload.id },
      { kind: "upload-complete", uploadId: upload.id },
    ];
    expect((await consume(...again)).explicitAcks).toHaveLength(3);
    expect((await readUpload(artist, upload.id)).state).toBe("UPLOADED");
    expect(await bindings.MASTERS.head(masterUploadKey(upload.id))).not.toBeNull();
    await transcode(job, upload.id);
    expect((await consume(...again)).explicitAcks).toHaveLength(3);
    expect((await readUpload(artist, upload.id)).state).toBe("PUBLISHED");
  });

  it("settles an upload that never reached the catalog [ING-28]", async () => {
    const id = freshId<string>();
    const object = bindings.UPLOADS.getByName(id);
    await object.open(id, 1_000);
    await object.expire();
    await settled(id);
  });
});

describe("the bytes that arrived", () => {
  it("are refused where they are not those announced, and thrown away [ING-43]", async () => {
    const upload = await send(artist, {
      releaseId,
      bytes: noise(9_000, 202),
      track: nextTrack(),
      file: { sha256: "1".repeat(64) },
    });
    const { reason } = await untilState(artist, upload.id, "REJECTED");
    expect(reason?.code).toBe("checksum-mismatch");
    expect(reason?.detail).toContain("not 1111");
    await settled(upload.id);
    expect(await bindings.MASTERS.head(masterUploadKey(upload.id))).toBeNull();
  });

  it("are refused where their parts do not fit together, rather than waiting for ever [ING-43]", async () => {
    const bytes = noise(3_000, 203);
    const ticket = await announce(artist, { releaseId, bytes, track: nextTrack() });
    const object = bindings.UPLOADS.getByName(ticket.upload.id);
    const answer = await object.beginWrite(0);
    if (answer.kind !== "granted") throw new Error(answer.kind);
    const multipart = await bindings.MASTERS.createMultipartUpload(masterUploadKey(ticket.upload.id));
    const parts = [{ partNumber: 1, etag: "of-nothing" }];
    const write = { offsetBytes: 3_000, multipartId: multipart.uploadId, parts, tail: null };
    expect(await object.recordWrite(answer.lock, write)).toBe(true);
    const { reason } = await untilState(artist, ticket.upload.id, "REJECTED");
    expect(reason).toMatchObject({
      code: "checksum-mismatch",
      detail: "The parts that arrived do not make up one file.",
    });
  });

  it("are kept once, for two tracks and for two accounts [ING-44]", async () => {
    const bytes = noise(6_000, 204);
    const stranger = await newCaller("artist");
    const first = await send(artist, { releaseId, bytes, track: nextTrack() });
    await untilState(artist, first.id, "UPLOADED");
    const second = await send(artist, { releaseId, bytes, track: nextTrack() });
    const theirs = await send(stranger, { releaseId: (await newRelease(stranger)).id, bytes });
    await untilState(artist, second.id, "UPLOADED");
    await untilState(stranger, theirs.id, "UPLOADED");
    for (const { id } of [first, second, theirs]) await settled(id);
    expect(await bindings.MASTERS.head(masterUploadKey(first.id))).not.toBeNull();
    for (const { id } of [second, theirs]) expect(await bindings.MASTERS.head(masterUploadKey(id))).toBeNull();
    await transcode(job, first.id);
    for (const each of [first, second]) await untilState(artist, each.id, "PUBLISHED");
    await untilState(stranger, theirs.id, "PUBLISHED");
    const late = await send(artist, { releaseId, bytes, track: nextTrack() });
    await untilState(artist, late.id, "PUBLISHED");
    const { results } = await bindings.CATALOG_0.prepare("SELECT object_key FROM masters WHERE sha256 = ?")
      .bind(first.file.sha256)
      .all();
    expect(results).toEqual([{ object_key: masterUploadKey(first.id) }]);
  });
});
