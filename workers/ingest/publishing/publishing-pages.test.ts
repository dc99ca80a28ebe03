import { beforeAll, expect, it, vi } from "vitest";
import { bindings, type Caller, newCaller, newRelease } from "#workers/ingest/ingest-fixtures.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { publishRelease } from "./publishing-actions.ts";
import { listReadyUploads } from "./publishing-store.ts";

/** One more than a message publishes. */
const TRACKS = 101;
const SETTLE_MS = 20_000;
const SHA256 = "f".repeat(64);
let artist: Caller;

beforeAll(async () => {
  artist = await newCaller("artist");
});

/** A release with many tracks that are READY, their uploads' ids in order. Its instant is over. */
async function readyRelease(): Promise<{ releaseId: string; uploadIds: readonly string[] }> {
  const { id: releaseId } = await newRelease(artist);
  const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${TRACKS})`;
  const run = (sql: string, ...values: string[]) =>
    bindings.CATALOG_0.prepare(sql)
      .bind(...values)
      .run();
  await run(
    "INSERT INTO masters (sha256, object_key, size_bytes, content_type, created_at) VALUES (?, 'k', 1, 'a', 0)",
    SHA256,
  );
  await run(
    `INSERT INTO recordings (id, release_id, title, disc_number, track_number, isrc, explicit, master_sha256, published_at, created_at) ${numbers} SELECT printf('${releaseId}r%03d', i), ?1, 'T', 1, i, NULL, 0, NULL, NULL, 0 FROM n`,
    releaseId,
  );
  await run(
    `INSERT INTO uploads ${numbers} SELECT printf('${releaseId}u%03d', i), ?1, printf('${releaseId}r%03d', i), 'PENDING',
       NULL, NULL, 'f', 1, 'audio/wav', ?2, NULL, '${releaseId}' || i, '', 0, 0 FROM n`,
    artist.accountId,
    SHA256,
  );
  for (const state of ["UPLOADED", "TRANSCODING", "READY"]) {
    await run("UPDATE uploads SET state = ?1 WHERE sha256 = ?2", state, SHA256);
  }
  const uploadIds = Array.from({ length: TRACKS }, (_, i) => `${releaseId}u${String(i + 1).padStart(3, "0")}`);
  return { releaseId, uploadIds };
}

it("publishes what is beyond a page too, where one of the page goes another way meanwhile [ING-64]", async () => {
  const { releaseId, uploadIds } = await readyRelease();
  const database = catalogDatabase(bindings.CATALOG_0);
  const withdrawn = uploadIds[50] ?? "";
  const withdraw = bindings.CATALOG_0.prepare(
    "UPDATE uploads SET state = 'REJECTED', reject_code = 'corrupt' WHERE id = ? AND state = 'READY'",
  ).bind(withdrawn);
  const put = async (name: string, value: string) => {
    await withdraw.run();
    return bindings.RIGHTS.put(name, value);
  };
  const RIGHTS = { put } as unknown as KVNamespace;
  expect(await publishRelease({ ...bindings, RIGHTS }, releaseId)).toBe(99);
  await vi.waitFor(async () => expect(await listReadyUploads(database, releaseId, TRACKS)).toEqual([]), {
    timeout: SETTLE_MS,
    interval: 100,
  });
  const { results } = await bindings.CATALOG_0.prepare(
    "SELECT state, count(*) AS uploads FROM uploads WHERE sha256 = ? GROUP BY state ORDER BY state",
  )
    .bind(SHA256)
    .all();
  expect(results).toEqual([
    { state: "PUBLISHED", uploads: TRACKS - 1 },
    { state: "REJECTED", uploads: 1 },
  ]);
});

it("finds what is ready of a release by the release, not by all that is ready [ING-64]", async () => {
  const ran: string[] = [];
  const prepare = (sql: string) => {
    ran.push(sql);
    return bindings.CATALOG_0.prepare(sql);
  };
  await listReadyUploads(catalogDatabase({ prepare } as unknown as D1Database), "0".repeat(22), 1);
  const plan = await bindings.CATALOG_0.prepare(`EXPLAIN QUERY PLAN ${ran[0]}`)
    .bind("0".repeat(22), "READY", 1)
    .all<{ detail: string }>();
  const [outer, inner] = plan.results.map((row) => row.detail);
  expect(outer).toContain("recordings USING");
  expect(outer).toContain("recordings_by_release");
  expect(inner).toContain("uploads_by_recording");
});
