import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { LADDER } from "#domain/ingest/ladder.ts";
import type { ReleaseBody, StudioRelease } from "#workers/ingest/catalog/catalog-contract.ts";
import {
  answered,
  bindings,
  type Caller,
  call,
  newArtist,
  newCaller,
  newRelease,
  noise,
  readUpload,
  refused,
  send,
  transcode,
  untilState,
} from "#workers/ingest/ingest-fixtures.ts";
import type { Upload } from "#workers/ingest/uploads/uploads-contract.ts";

const HOUR_MS = 3_600_000;
let artist: Caller;
let job: Caller;
let listener: Caller;
let seed = 300;

beforeAll(async () => {
  artist = await newCaller("artist");
  job = await newCaller("job");
  listener = await newCaller("listener");
});

afterEach(() => {
  vi.useRealTimers();
});

interface Transcoded {
  readonly release: StudioRelease;
  readonly upload: Upload;
  /** A word that is in its title alone. */
  readonly word: string;
}

async function transcoded(body: Partial<ReleaseBody>, artistIds?: readonly string[]): Promise<Transcoded> {
  seed += 1;
  const word = `w${crypto.randomUUID().replaceAll("-", "")}`;
  const release = await newRelease(artist, { title: `Album ${word}`, ...body });
  const track = { title: `Song ${word}`, ...(artistIds === undefined ? {} : { artist_ids: [...artistIds] }) };
  const upload = await send(artist, { releaseId: release.id, bytes: noise(2_000, seed), track });
  await transcode(job, upload.id);
  return { release, upload, word };
}

interface Found {
  readonly total: number;
}

async function searchTotals(word: string): Promise<readonly number[]> {
  const path = `/v1/search?q=${encodeURIComponent(word)}`;
  const found = await answered<Record<"tracks" | "albums" | "artists", Found>>(
    call("GET", path, { country: "DE" }),
    200,
  );
  return [found.tracks.total, found.albums.total, found.artists.total];
}

function play({ upload }: Transcoded, country = "DE"): Promise<Response> {
  return call("POST", "/v1/playbacks", { as: listener, body: { track_id: upload.track_id }, country });
}

describe("a release whose instant is over", () => {
  it("is found, listed and played as soon as its renditions are there [ING-60]", async () => {
    const done = await transcoded({});
    expect((await readUpload(artist, done.upload.id)).state).toBe("PUBLISHED");
    expect(await searchTotals(done.word)).toEqual([1, 1, 0]);
    await answered(call("GET", `/v1/tracks/${done.upload.track_id}`, { country: "DE" }), 200);
    await answered(call("GET", `/v1/albums/${done.release.id}`, { country: "DE" }), 200);
    const playback = await answered<{ renditions: readonly unknown[] }>(play(done), 201);
    expect(playback.renditions).toHaveLength(LADDER.length);
  });

  it("makes its performers be found, guests too, and nobody else [ING-61]", async () => {
    const [main, guest, silent] = await Promise.all(
      ["Main", "Guest", "Silent"].map(async (name) => newArtist(artist, `${name}${crypto.randomUUID().slice(0, 8)}`)),
    );
    if (main === undefined || guest === undefined || silent === undefined) throw new Error("three were made");
    await transcoded({ artist_id: silent.id }, [main.id, guest.id]);
    for (const each of [main, guest]) expect((await searchTotals(each.name))[2]).toBe(1);
    expect((await searchTotals(silent.name))[2]).toBe(0);
  });

  it("is published once, also when it is told twice [ING-62]", async () => {
    const done = await transcoded({});
    const readRelease = () =>
      answered<StudioRelease>(call("GET", `/v1/ingest/releases/${done.release.id}`, { as: artist }), 200);
    const before = await readRelease();
    await bindings.INGEST_QUEUE.send({ kind: "release-due", releaseId: done.release.id });
    await bindings.INGEST_QUEUE.send({ kind: "upload-complete", uploadId: done.upload.id });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await readRelease()).toEqual(before);
    expect(await searchTotals(done.word)).toEqual([1, 1, 0]);
  });
});

describe("a release whose instant is to come", () => {
  const releaseAt = Math.ceil(Date.now() / 1_000) * 1_000 + 24 * HOUR_MS;
  const future = { release_at: new Date(releaseAt).toISOString() };

  async function expectHidden(hidden: Transcoded): Promise<void> {
    expect(await searchTotals(hidden.word)).toEqual([0, 0, 0]);
    await refused(call("GET", `/v1/tracks/${hidden.upload.track_id}`, { country: "DE" }), 404, "not-found");
    await refused(call("GET", `/v1/albums/${hidden.release.id}`, { country: "DE" }), 404, "not-found");
    await refused(play(hidden), 404, "not-found");
  }

  it("stays READY and unknown to listeners, and comes out at its instant and not before [ING-63]", async () => {
    const waiting = await transcoded(future);
    expect((await readUpload(artist, waiting.upload.id)).state).toBe("READY");
    await expectHidden(waiting);
    const clock = bindings.RELEASE_CLOCKS.getByName(waiting.release.id);
    vi.useFakeTimers({ toFake: ["Date"], now: releaseAt - 1 });
    expect(await runDurableObjectAlarm(clock)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 300));
    vi.useRealTimers();
    expect((await readUpload(artist, waiting.upload.id)).state).toBe("READY");
    await expectHidden(waiting);
    vi.useFakeTimers({ toFake: ["Date"], now: releaseAt });
    expect(await runDurableObjectAlarm(clock)).toBe(true);
    await vi.waitFor(async () => {
      const row = bindings.CATALOG_0.prepare("SELECT state FROM uploads WHERE id = ?").bind(waiting.upload.id);
      expect(await row.first("state")).toBe("PUBLISHED");
    });
    expect(await searchTotals(waiting.word)).toEqual([1, 1, 0]);
    await answered(call("GET", `/v1/tracks/${waiting.upload.track_id}`, { country: "DE" }), 200);
  });

  it("brings out all tracks that are ready, and one that is late when it is ready [ING-64]", async () => {
    const waiting = await transcoded(future);
    const track = { track_number: 2 };
    const late = await send(artist, { releaseId: waiting.release.id, bytes: noise(2_000, 399), track });
    await untilState(artist, late.id, "UPLOADED");
    await bindings.CATALOG_0.prepare("UPDATE releases SET release_at = ? WHERE id = ?")
      .bind(Date.now() - 1, waiting.release.id)
      .run();
    expect(await runDurableObjectAlarm(bindings.RELEASE_CLOCKS.getByName(waiting.release.id))).toBe(true);
    await untilState(artist, waiting.upload.id, "PUBLISHED");
    expect((await readUpload(artist, late.id)).state).toBe("UPLOADED");
    await transcode(job, late.id);
    await untilState(artist, late.id, "PUBLISHED");
  });

  it("plays nowhere before its instant, whatever its deals begin with [ING-65]", async () => {
    const deals = [{ territories: ["Worldwide"], starts_at: "2020-01-01T00:00:00Z" }];
    const waiting = await transcoded({ ...future, deals });
    const record = await bindings.RIGHTS.get(`availability/${waiting.upload.track_id}`, "json");
    const starts = Object.values((record as { grants: Record<string, [number, string][]> }).grants).flat();
    expect(new Set(starts.map(([startsAt]) => startsAt))).toEqual(new Set([releaseAt]));
  });
});

describe("deals", () => {
  it("open and close countries by their windows [ING-65]", async () => {
    const nowMs = Date.now();
    const iso = (offset: number) => new Date(nowMs + offset).toISOString();
    const done = await transcoded({
      deals: [
        { territories: ["DE"] },
        { territories: ["FR"], starts_at: iso(HOUR_MS) },
        { territories: ["AT"], ends_at: iso(-HOUR_MS), starts_at: iso(-2 * HOUR_MS) },
        { territories: ["Worldwide"], excluded_territories: ["US"], commercial_models: ["SubscriptionModel"] },
      ],
    });
    await answered(play(done, "DE"), 201);
    for (const country of ["FR", "AT", "US"]) {
      await refused(play(done, country), 451, "not-available-in-country");
    }
  });

  it("of an empty list open nothing [ING-65]", async () => {
    await refused(play(await transcoded({ deals: [] })), 451, "not-available-in-country");
  });
});
