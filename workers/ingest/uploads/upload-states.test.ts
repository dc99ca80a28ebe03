import { beforeAll, describe, expect, it } from "vitest";
import { canTransition, UPLOAD_STATES, UPLOAD_TRANSITIONS, type UploadState } from "#domain/ingest/upload-states.ts";
import { bindings, type Caller, newCaller, newRelease } from "#workers/ingest/ingest-fixtures.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { recordings, uploads } from "#workers/shared/catalog/catalog-tables.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import { moveUpload, rejectUpload } from "./uploads-store.ts";

/** How a row comes to a state, step by step from PENDING. */
const WAYS: Readonly<Record<UploadState, readonly UploadState[]>> = {
  PENDING: [],
  UPLOADED: ["UPLOADED"],
  TRANSCODING: ["UPLOADED", "TRANSCODING"],
  READY: ["UPLOADED", "TRANSCODING", "READY"],
  PUBLISHED: ["UPLOADED", "TRANSCODING", "READY", "PUBLISHED"],
  REJECTED: ["REJECTED"],
};

let artist: Caller;
let releaseId: string;

beforeAll(async () => {
  artist = await newCaller("artist");
  releaseId = (await newRelease(artist)).id;
});

async function newRow(): Promise<string> {
  const database = catalogDatabase(bindings.CATALOG_0);
  const [recordingId, id] = [freshId<string>(), freshId<string>()];
  const nowMs = Date.now();
  const place = { releaseId, discNumber: 1, trackNumber: 1 };
  await database
    .insert(recordings)
    .values({ ...place, id: recordingId, title: "One", explicit: false, createdAt: nowMs });
  await database.insert(uploads).values({
    ...{ id, recordingId, ownerAccountId: artist.accountId, state: "PENDING", fileName: "a", sizeBytes: 1 },
    ...{
      contentType: "audio/wav",
      sha256: "",
      idempotencyKey: id,
      requestSha256: "",
      createdAt: nowMs,
      updatedAt: nowMs,
    },
  });
  return id;
}

async function move(id: string, to: UploadState): Promise<boolean> {
  const rejectCode = to === "REJECTED" ? "corrupt" : null;
  const update = bindings.CATALOG_0.prepare("UPDATE uploads SET state = ?, reject_code = ? WHERE id = ?");
  try {
    await update.bind(to, rejectCode, id).run();
    return true;
  } catch (error) {
    expect(String(error)).toContain("an upload cannot go from this state to that one");
    return false;
  }
}

describe("the states of an upload", () => {
  it("are in the database as in the domain [ING-40]", async () => {
    const { results } = await bindings.CATALOG_0.prepare(
      "SELECT from_state || ' ' || to_state AS step FROM upload_transitions ORDER BY step",
    ).all<{ step: string }>();
    const steps = UPLOAD_STATES.flatMap((from) => UPLOAD_TRANSITIONS[from].map((to) => `${from} ${to}`));
    expect(results.map((row) => row.step)).toEqual(steps.sort());
  });

  it.each(UPLOAD_STATES)("lead from %s only where the table says [ING-40]", async (from) => {
    for (const to of UPLOAD_STATES) {
      const id = await newRow();
      for (const step of WAYS[from]) expect(await move(id, step)).toBe(true);
      expect(await move(id, to)).toBe(from === to || canTransition(from, to));
    }
  });

  it("are not asked of the database where the table has no such step, wherever the upload is [ING-40]", async () => {
    const database = catalogDatabase(bindings.CATALOG_0);
    const id = await newRow();
    await expect(moveUpload(database, id, "PENDING", "READY")).rejects.toThrow("no upload goes from PENDING to READY");
    const rejection = { code: "corrupt", detail: "" } as const;
    await expect(rejectUpload(database, id, ["PENDING", "PUBLISHED"], rejection)).rejects.toThrow(RangeError);
    expect(await moveUpload(database, id, "UPLOADED", "TRANSCODING")).toBe(false);
    expect(await moveUpload(database, id, "PENDING", "UPLOADED")).toBe(true);
  });

  it("begin with PENDING, and REJECTED always says why [ING-40]", async () => {
    const id = await newRow();
    const copy =
      "INSERT INTO uploads SELECT ?, owner_account_id, recording_id, 'READY', NULL, NULL, file_name, size_bytes, content_type, sha256, NULL, ?, '', 0, 0 FROM uploads WHERE id = ?";
    await expect(bindings.CATALOG_0.prepare(copy).bind("copy", "copy", id).run()).rejects.toThrow("begins as PENDING");
    const silent = bindings.CATALOG_0.prepare("UPDATE uploads SET state = 'REJECTED' WHERE id = ?").bind(id);
    await expect(silent.run()).rejects.toThrow("uploads_reason");
  });
});
