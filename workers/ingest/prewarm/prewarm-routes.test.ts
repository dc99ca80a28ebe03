import { SELF } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import { HOUR_MS, MINUTE_MS } from "#domain/foundation/time.ts";
import { dayOf } from "#domain/plays/play-sums.ts";
import {
  answered,
  bindings,
  type Caller,
  call,
  newCaller,
  newRelease,
  noise,
  ORIGIN,
  refused,
  send,
  transcode,
  untilState,
} from "#workers/ingest/ingest-fixtures.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import type { PrewarmItem } from "./prewarm-contract.ts";

interface Page {
  readonly items: PrewarmItem[];
  readonly next_cursor: string | null;
}

let artist: Caller;
let job: Caller;
let seed = 5_000;

beforeAll(async () => {
  artist = await newCaller("artist");
  job = await newCaller("job");
});

function list(body: object, as = job, country?: string): Promise<Response> {
  return call("POST", "/v1/ingest/prewarm", { as, body, ...(country === undefined ? {} : { country }) });
}

async function tracksOf(body: object): Promise<string[]> {
  const { items } = await answered<Page>(list(body), 200);
  return [...new Set(items.map((item) => item.track_id))];
}

/** A release with one track that is transcoded; published, or waiting for its instant. */
async function released(releaseAtMs: number): Promise<{ releaseId: string; trackId: string; uploadId: string }> {
  seed += 1;
  const release = await newRelease(artist, { release_at: new Date(releaseAtMs).toISOString() });
  const upload = await send(artist, { releaseId: release.id, bytes: noise(1_500, seed) });
  await untilState(artist, upload.id, "UPLOADED");
  await transcode(job, upload.id);
  const { track_id: trackId } = await untilState(artist, upload.id, releaseAtMs > Date.now() ? "READY" : "PUBLISHED");
  return { releaseId: release.id, trackId, uploadId: upload.id };
}

describe("the list of what to prewarm", () => {
  it("has a URL for each profile asked for, which fills the cache once and sends nothing [DLV-39]", async () => {
    const { releaseId, trackId } = await released(Date.now() + HOUR_MS);
    const page = await answered<Page>(list({ release_id: releaseId }), 200);
    expect(page.next_cursor).toBeNull();
    expect(page.items.map(({ profile, track_id }) => [profile, track_id])).toEqual([
      ["aac-160", trackId],
      ["vorbis-320", trackId],
    ]);
    for (const said of ["filled", "present"]) {
      for (const { url } of page.items) {
        const answer = await SELF.fetch(ORIGIN + url, { method: "POST" });
        expect([answer.status, answer.headers.get("x-cache"), await answer.text()]).toEqual([204, said, ""]);
      }
    }
    const lossless = await answered<Page>(list({ release_id: releaseId, profiles: ["flac"] }), 200);
    expect(lossless.items.map(({ profile }) => profile)).toEqual(["flac"]);
    await refused(list({ release_id: releaseId, profiles: ["wax-cylinder"] }), 422, "unprocessable");
  });

  it("has the releases of the next hours, and neither those that are out nor later ones [DLV-39]", async () => {
    const soon = await released(Date.now() + 90 * MINUTE_MS);
    const out = await released(Date.parse("2020-01-01T00:00:00Z"));
    const later = await released(Date.now() + 50 * HOUR_MS);
    const tracks = await tracksOf({ scheduled_within_hours: 2 });
    expect(tracks).toContain(soon.trackId);
    expect(tracks).not.toContain(out.trackId);
    expect(tracks).not.toContain(later.trackId);
    expect(await tracksOf({ scheduled_within_hours: 51 })).toContain(later.trackId);
    expect(await tracksOf({ recording_ids: [out.trackId, freshId()] })).toEqual([out.trackId]);
  });

  it("leaves out what is taken down, and what has no renditions [DLV-39]", async () => {
    const { releaseId, trackId } = await released(Date.now() + HOUR_MS);
    expect(await tracksOf({ release_id: releaseId })).toEqual([trackId]);
    await bindings.CATALOG_0.prepare(
      "INSERT INTO takedowns (id, recording_id, requested_by, reason, requested_at) VALUES (?, ?, 'x', 'test', 1)",
    )
      .bind(freshId(), trackId)
      .run();
    expect(await tracksOf({ release_id: releaseId })).toEqual([]);
    const waiting = await newRelease(artist);
    const upload = await send(artist, { releaseId: waiting.id, bytes: noise(1_500, 4_999) });
    await untilState(artist, upload.id, "UPLOADED");
    expect(await tracksOf({ release_id: waiting.id })).toEqual([]);
  });

  it("comes in pages of a hundred tracks, each track once [DLV-39]", async () => {
    const { releaseId, trackId, uploadId } = await released(Date.parse("2020-01-01T00:00:00Z"));
    const copies = Array.from({ length: 149 }, () => [freshId(), freshId()]);
    const copied = JSON.stringify(copies);
    await bindings.CATALOG_0.batch([
      bindings.CATALOG_0.prepare(
        `INSERT INTO recordings (id, release_id, title, disc_number, track_number, explicit, created_at)
         SELECT value ->> 0, ?2, 'x', 1, key + 2, 0, 1 FROM json_each(?1)`,
      ).bind(copied, releaseId),
      bindings.CATALOG_0.prepare(
        `INSERT INTO uploads (id, owner_account_id, recording_id, state, file_name, size_bytes, content_type, sha256,
                              idempotency_key, request_sha256, created_at, updated_at)
         SELECT j.value ->> 1, u.owner_account_id, j.value ->> 0, 'PENDING', u.file_name, u.size_bytes, u.content_type,
                u.sha256, j.value ->> 1, u.request_sha256, 1, 1
         FROM json_each(?1) AS j, uploads AS u WHERE u.id = ?2`,
      ).bind(copied, uploadId),
      ...["UPLOADED", "TRANSCODING", "READY"].map((state) =>
        bindings.CATALOG_0.prepare(
          "UPDATE uploads SET state = ?2 WHERE id IN (SELECT value ->> 1 FROM json_each(?1))",
        ).bind(copied, state),
      ),
    ]);
    const body = { release_id: releaseId, profiles: ["vorbis-160"] };
    const first = await answered<Page>(list(body), 200);
    const second = await answered<Page>(list({ ...body, cursor: first.next_cursor }), 200);
    expect([first.items.length, second.items.length, second.next_cursor]).toEqual([100, 50, null]);
    const listed = [...first.items, ...second.items].map((item) => item.track_id);
    expect(listed).toEqual([trackId, ...copies.map(([id]) => id ?? "")].sort());
  });

  it("has the most played tracks, as accounting counts them [DLV-39]", async () => {
    const { trackId } = await released(Date.parse("2020-01-01T00:00:00Z"));
    const { LEDGER } = bindings as unknown as AccountingEnv;
    // More than any other test leaves in the ledger that all share.
    const unknown = freshId<string>();
    const plays = Object.entries({ [trackId]: 200, [unknown]: 300 });
    await LEDGER.prepare(
      `INSERT INTO recording_days (day, block, plays)
       SELECT ?2, substr(value ->> 0, -3), json_object((value ->> 0) || '/DE/S', value ->> 1) FROM json_each(?1)`,
    )
      .bind(JSON.stringify(plays), dayOf(Date.now()))
      .run();
    // The other is played more, and of no catalog of ours.
    expect(await tracksOf({ top: 2 })).toEqual([trackId]);
    const all = await tracksOf({ top: 500 });
    expect(all[0]).toBe(trackId);
    expect(all).not.toContain(unknown);
  });

  it("has those of the country from which it is asked, or which is named, before the world's [DLV-45]", async () => {
    const { LEDGER } = bindings as unknown as AccountingEnv;
    const inJapan = (await released(Date.parse("2020-01-01T00:00:00Z"))).trackId;
    const elsewhere = (await released(Date.parse("2020-01-01T00:00:00Z"))).trackId;
    const plays = Object.entries({ [`${inJapan}/JP/S`]: 1_000, [`${elsewhere}/NZ/S`]: 9_000 });
    await LEDGER.prepare(
      `INSERT INTO recording_days (day, block, plays)
       SELECT ?2, substr(substr(value ->> 0, 1, 22), -3), json_object(value ->> 0, value ->> 1) FROM json_each(?1)`,
    )
      .bind(JSON.stringify(plays), dayOf(Date.now()))
      .run();
    const topFrom = async (body: object, country?: string) => {
      const { items } = await answered<Page>(list({ top: 1, ...body }, job, country), 200);
      return [...new Set(items.map((item) => item.track_id))];
    };
    expect(await topFrom({}, "JP")).toEqual([inJapan]);
    expect(await topFrom({}, "NZ")).toEqual([elsewhere]);
    expect(await topFrom({ country: "JP" }, "NZ")).toEqual([inJapan]);
    // Nobody has listened there.
    expect(await topFrom({}, "AQ")).toEqual([elsewhere]);
  });

  it.each([
    ["a country that is none", { top: 3, country: "jp" }],
    ["a country of a release", { release_id: "0".repeat(22), country: "JP" }],
    ["nothing", {}],
    ["no id", { release_id: "x" }],
    ["two selections", { release_id: "0".repeat(22), top: 3 }],
    ["the top 0", { top: 0 }],
    ["the top 501", { top: 501 }],
    ["no hours", { scheduled_within_hours: 0 }],
    ["more than a week", { scheduled_within_hours: 169 }],
    ["no recordings", { recording_ids: [] }],
    ["101 recordings", { recording_ids: Array.from({ length: 101 }, () => "0".repeat(22)) }],
    ["no profiles", { top: 3, profiles: [] }],
    ["no cursor of ours", { top: 3, cursor: "x" }],
  ])("takes one selection, within limits, not %s [DLV-39]", async (_what, body) => {
    await refused(list(body), 400, "bad-request");
  });

  it("is the job's alone [DLV-39]", async () => {
    await refused(list({ top: 1 }, artist), 403, "forbidden");
  });
});
