/** What a job reports beside the renditions themselves, and what jobs of the version before leave out. */
import { beforeAll, describe, expect, it } from "vitest";
import { encodeSeekTable, readSeekTable, type SeekPoint } from "#domain/delivery/seek-table.ts";
import { sha256Hex } from "#domain/foundation/sha256.ts";
import { REQUIRED_PROFILES } from "#domain/ingest/ladder.ts";
import type { StudioRelease } from "#workers/ingest/catalog/catalog-contract.ts";
import {
  answered,
  bindings,
  type Caller,
  call,
  claimUpload,
  leasePath,
  newCaller,
  newRelease,
  noise,
  refused,
  send,
  storeLadder,
  TECHNICAL,
  untilState,
} from "#workers/ingest/ingest-fixtures.ts";
import type { Upload } from "#workers/ingest/uploads/uploads-contract.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { readFingerprint, storeFingerprint } from "./fingerprint-intake.ts";
import type { RenditionReport, TranscodeLease } from "./transcodes-contract.ts";
import { saveTranscode } from "./transcodes-store.ts";

const WAVEFORM = TECHNICAL.waveform ?? "";
let artist: Caller;
let job: Caller;
let releaseId: string;
let tracks = 0;

beforeAll(async () => {
  artist = await newCaller("artist");
  job = await newCaller("job");
  releaseId = (await newRelease(artist)).id;
});

async function leased(bytes?: Uint8Array<ArrayBuffer>): Promise<{ upload: Upload; lease: TranscodeLease }> {
  tracks += 1;
  const track = { track_number: tracks };
  const sent = await send(artist, { releaseId, bytes: bytes ?? noise(1_500, 7_000 + tracks), track });
  const upload = await untilState(artist, sent.id, "UPLOADED");
  return { upload, lease: await claimUpload(job, upload.id) };
}

function completeWith(lease: TranscodeLease, technical: object, renditions: readonly object[]): Promise<Response> {
  return call("POST", leasePath(lease, "complete"), { as: job, body: { technical, renditions } });
}

function storedTables(masterSha256: string) {
  return bindings.CATALOG_0.prepare("SELECT profile, seek_points FROM renditions WHERE master_sha256 = ?1")
    .bind(masterSha256)
    .all<{ profile: string; seek_points: string }>();
}

async function storedWaveform(masterSha256: string): Promise<string | null> {
  const row = await bindings.CATALOG_0.prepare("SELECT waveform FROM masters WHERE sha256 = ?1")
    .bind(masterSha256)
    .first<{ waveform: string | null }>();
  return row?.waveform ?? null;
}

/** As a job of the version before reports: points as they are, and nothing that is new. */
function asBefore({ seek_table: _table, ...report }: RenditionReport): RenditionReport {
  return { ...report, seek_points: [[0, 4]] };
}

const { waveform: _waveform, fingerprint: _fingerprint, ...TECHNICAL_BEFORE } = TECHNICAL;

describe("what a job measured", () => {
  it("is kept: tables as they were sent, the waveform beside the loudness, the fingerprint beside the master [ING-82]", async () => {
    const { upload, lease } = await leased();
    await answered(completeWith(lease, TECHNICAL, await storeLadder(job, lease)), 204);
    const { sha256 } = upload.file;
    const tables = await storedTables(sha256);
    expect(new Set(tables.results.map((row) => row.seek_points))).toEqual(new Set([encodeSeekTable([[0, 4]])]));
    expect(await storedWaveform(sha256)).toBe(WAVEFORM);
    expect(await readFingerprint(bindings, sha256)).toEqual(TECHNICAL.fingerprint);
  });

  it("is shown to the artist: how long it is, and how many channels were mixed down [ING-72]", async () => {
    const { upload, lease } = await leased();
    const technical = { ...TECHNICAL, source_channels: 6 };
    await answered(completeWith(lease, technical, await storeLadder(job, lease)), 204);
    const release = call("GET", `/v1/ingest/releases/${releaseId}`, { as: artist });
    const { tracks: shown } = await answered<StudioRelease>(release, 200);
    const track = shown.find(({ id }) => id === upload.track_id);
    expect(track).toMatchObject({ duration_ms: 180_000, source_channels: 6 });
  });

  it("is taken for the longest recording, whose tables are more than other bodies may be [ING-82]", async () => {
    const { upload, lease } = await leased();
    // A point each second of six hours; offsets stay within the small objects of this test by standing still almost.
    const bytes = noise(30_000, 6_000);
    const sha256 = await sha256Hex(bytes);
    const points = Array.from(
      { length: 21_600 },
      (_unused, second): SeekPoint => [second * 1_000 + ((second * 7_919) % 900), second + 4],
    );
    const seek_table = encodeSeekTable(points);
    const reports = await Promise.all(
      (await storeLadder(job, lease)).map(async (report) => {
        const offered = { profile: report.profile, sha256, size_bytes: bytes.byteLength };
        const offer = call("POST", leasePath(lease, "renditions"), { as: job, body: offered });
        const { upload_url: url } = await answered<{ upload_url: string | null }>(offer, 200);
        if (url !== null) await answered(call("PUT", url, { bytes }), 201);
        return { ...report, ...offered, seek_table };
      }),
    );
    expect(JSON.stringify(reports).length).toBeGreaterThan(512 * 1_024);
    await answered(completeWith(lease, TECHNICAL, reports), 204);
    await untilState(artist, upload.id, "PUBLISHED");
    const { results } = await storedTables(upload.file.sha256);
    expect(readSeekTable(results[0]?.seek_points ?? "")).toEqual(points);
  });

  it("is refused where it is not what it is called, and nothing of it is kept [ING-83]", async () => {
    const { upload, lease } = await leased();
    const renditions = await storeLadder(job, lease);
    const [first, ...rest] = renditions;
    const withFirst = (change: object) => [{ ...first, ...change }, ...rest];
    const fingerprint = { algorithm: "chromaprint-2", duration_ms: 1_000, fingerprint: "AAAA" };
    for (const [technical, reports] of [
      [TECHNICAL, withFirst({ seek_table: "no table" })],
      [TECHNICAL, withFirst({ seek_table: "" })],
      [TECHNICAL, withFirst({ seek_table: encodeSeekTable([[0, 1_000_000]]) })],
      [TECHNICAL, withFirst({ seek_table: undefined })],
      [{ ...TECHNICAL, waveform: "AAAA" }, renditions],
      [{ ...TECHNICAL, waveform: `${WAVEFORM.slice(0, -4)}?` }, renditions],
      [{ ...TECHNICAL, fingerprint: { ...fingerprint, fingerprint: "*" } }, renditions],
      [{ ...TECHNICAL, fingerprint: { ...fingerprint, fingerprint: "AAAA".repeat(10_000) } }, renditions],
      [{ ...TECHNICAL, fingerprint: { ...fingerprint, duration_ms: -1 } }, renditions],
    ] as const) {
      await refused(completeWith(lease, technical, reports), 400, "bad-request");
    }
    expect((await storedTables(upload.file.sha256)).results).toEqual([]);
    expect(await readFingerprint(bindings, upload.file.sha256)).toBeNull();
  });
});

describe("a job of the version before", () => {
  it("completes with what it makes, and the recording goes out without the rest [ING-59]", async () => {
    const bytes = noise(1_500, 6_999);
    const { upload, lease } = await leased(bytes);
    const reports = (await storeLadder(job, lease, REQUIRED_PROFILES)).map(asBefore);
    await answered(completeWith(lease, TECHNICAL_BEFORE, reports), 204);
    await untilState(artist, upload.id, "PUBLISHED");
    expect((await storedTables(upload.file.sha256)).results.map((row) => row.seek_points)).toContain("[[0,4]]");
    expect(await storedWaveform(upload.file.sha256)).toBeNull();
    // The same file again is made already.
    const track = { track_number: 900 };
    const again = await send(artist, { releaseId, bytes, track });
    await untilState(artist, again.id, "PUBLISHED");
  });

  it("takes nothing away that another has measured [ING-59]", async () => {
    const { upload, lease } = await leased();
    const all = await storeLadder(job, lease);
    await answered(completeWith(lease, TECHNICAL, all), 204);
    const before = all.filter(({ profile }) => REQUIRED_PROFILES.some(({ id }) => id === profile)).map(asBefore);
    const { sha256 } = upload.file;
    await saveTranscode(catalogDatabase(bindings.CATALOG_0), sha256, TECHNICAL_BEFORE, before);
    await storeFingerprint(bindings, sha256, null);
    expect(await storedWaveform(sha256)).toBe(WAVEFORM);
    expect(await readFingerprint(bindings, sha256)).not.toBeNull();
    expect((await storedTables(sha256)).results.map(({ profile }) => profile)).toContain("preview");
  });
});
