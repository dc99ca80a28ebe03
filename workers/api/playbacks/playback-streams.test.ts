/** Which playbacks go on, of how many that an account began. */
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { AUDIO_TOKEN_SECONDS } from "#domain/delivery/audio-token.ts";
import { SESSIONS_BESIDE_MAX } from "#domain/streams/stream-leases.ts";
import {
  ask,
  bindings,
  type Caller,
  expectAnswer,
  expectProblem,
  requestOf,
  SLOW_MS,
  seedArtist,
  seedRelease,
  signIn,
} from "#workers/api/catalog/catalog-fixtures.ts";
import { heartbeatPlayback, renewPlayback } from "#workers/api/plays/plays-contract.ts";
import { audioClaimsOf, ENDS_IN_MS, playbackCalls } from "./playbacks-fixtures.ts";

let artistId: string;
let trackId: string;
let listener: Caller;

const { begin, granted, renew } = playbackCalls(() => ({ track: trackId, token: listener.token }));

beforeAll(async () => {
  listener = await signIn("listener");
  artistId = await seedArtist("Streamed");
  const tracks = [{ title: "Stream", hasAudio: true }];
  const release = await seedRelease({ artistId, title: "Streams", deals: [{ territories: ["DE"] }], tracks });
  trackId = release.trackIds[0] ?? "";
}, SLOW_MS);

afterEach(() => {
  vi.useRealTimers();
});

describe("a playback among the account's streams", { timeout: SLOW_MS }, () => {
  it("is renewed under its own id, with new tokens for the same files [STR-17]", async () => {
    const { token } = await signIn("listener");
    const playback = await granted({ token, session: "session-1" });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ENDS_IN_MS });
    const answer = await renew(playback.id, { token, session: "session-1" });
    expect(answer.headers.get("cache-control")).toBe("private, no-store");
    const renewed = await expectAnswer(answer, renewPlayback, 200);
    expect(renewed.id).toBe(playback.id);
    expect(Date.parse(renewed.expires_at)).toBeGreaterThan(Date.parse(playback.expires_at));
    const paths = ({ renditions }: { renditions: readonly { url: string }[] }) =>
      renditions.map(({ url }) => url.split("?")[0]);
    expect(paths(renewed)).toEqual(paths(playback));
    expect(await audioClaimsOf(renewed.renditions[0])).toMatchObject({ playback: playback.id });
  });

  it("is not renewed, nor goes on, when another device has begun one [STR-17]", async () => {
    const { token } = await signIn("listener");
    const first = await granted({ token, session: "session-1" });
    await granted({ token, session: "session-2", device: "Firefox on Linux" });
    const refused = await renew(first.id, { token, session: "session-1" });
    expect(await refused.clone().text()).toMatch(/on Firefox on Linux at 2\d{3}-.*Z/);
    expect(await refused.clone().text()).not.toMatch(/\/audio\//);
    await expectProblem(refused, 409, "stream-displaced");
    const beat = await ask(`/v1/playbacks/${first.id}/heartbeat`, { method: "POST", token, body: {} });
    await expectProblem(beat, 409, "stream-displaced");
    await expectProblem(await begin({ token, session: "session-1", continues: true }), 409, "stream-displaced");
    expect((await begin({ token, session: "session-1" })).status).toBe(201);
  });

  it("is not renewed, nor goes on, when its own session has begun three since [STR-20]", async () => {
    const { token } = await signIn("listener");
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push((await granted({ token, session: "session-1" })).id);
    const [first = "", second = "", ...newest] = ids;
    for (const id of [first, second]) {
      const refused = await renew(id, { token, session: "session-1" });
      expect(await refused.clone().text()).not.toMatch(/\/audio\//);
      await expectProblem(refused, 409, "stream-displaced");
      const beat = await ask(`/v1/playbacks/${id}/heartbeat`, { method: "POST", token, body: {} });
      await expectProblem(beat, 409, "stream-displaced");
    }
    for (const id of newest) expect((await renew(id, { token })).status).toBe(200);
  });

  it("is refused in one session too many, which is told when to come again [STR-21]", async () => {
    const { token } = await signIn("listener");
    const first = await granted({ token, session: "session-1" });
    for (let i = 0; i < SESSIONS_BESIDE_MAX; i++) await granted({ token });
    const refused = await begin({ token });
    const seconds = Number(refused.headers.get("retry-after"));
    expect(seconds).toBeGreaterThan(AUDIO_TOKEN_SECONDS - 60);
    expect(seconds).toBeLessThanOrEqual(AUDIO_TOKEN_SECONDS);
    expect(await refused.clone().text()).toContain("session_id");
    await expectProblem(refused, 429, "rate-limited");
    // A player that names itself skips as it likes.
    for (let i = 0; i < 5; i++) await granted({ token, session: "session-1" });
    await expectProblem(await renew(first.id, { token }), 409, "stream-displaced");
  });

  it("of a session that nobody has heard of takes no place by going on alone [STR-6]", async () => {
    const { token } = await signIn("listener");
    const playing = await granted({ token, session: "session-1", device: "A phone" });
    const refused = await begin({ token, session: "session-2", continues: true });
    expect(await refused.clone().text()).toContain("on A phone");
    await expectProblem(refused, 409, "stream-displaced");
    expect((await renew(playing.id, { token })).status).toBe(200);
  });

  it("is a 503, with nothing signed, where the account's object does not answer [STR-22]", async () => {
    const { apiRoutes } = await import("#workers/api/index.ts");
    const { token } = await signIn("listener");
    const { id } = await granted({ token });
    const fails = () => Promise.reject(new Error("the object is away"));
    const LISTENERS = { getByName: () => ({ beginStream: fails, keepStream: fails }) } as unknown;
    for (const path of ["", `/${id}/renew`, `/${id}/heartbeat`]) {
      const body = path.endsWith("heartbeat") ? {} : { track_id: trackId };
      const request = requestOf(`/v1/playbacks${path}`, { method: "POST", body, token, country: "DE" });
      const answer = await apiRoutes.app.fetch(request, { ...bindings, LISTENERS } as ApiEnv);
      expect(answer.headers.get("retry-after")).toMatch(/^[0-9]+$/);
      expect(await answer.clone().text()).not.toMatch(/\/audio\/|away/);
      await expectProblem(answer, 503, "unavailable");
    }
  });

  it("lives by its heartbeats, which have no body to answer with [STR-18]", async () => {
    const { token } = await signIn("listener");
    const { id } = await granted({ token });
    const beat = await ask(`/v1/playbacks/${id}/heartbeat`, { method: "POST", token, body: {} });
    expect(beat.status).toBe(Number(Object.keys(heartbeatPlayback.responses)[0]));
    expect(await beat.text()).toBe("");
  });

  it("is not there for another account, another session or another track [STR-8]", async () => {
    const { id } = await granted({ session: "session-1" });
    const stranger = await signIn("listener");
    await expectProblem(await renew(id, { token: stranger.token }), 404, "not-found");
    await expectProblem(await renew(id, { session: "session-2" }), 404, "not-found");
    await expectProblem(await renew("0".repeat(22)), 404, "not-found");
    const other = await seedRelease({ artistId, title: "Other", tracks: [{ title: "O", hasAudio: true }] });
    await expectProblem(await renew(id, { track: other.trackIds[0] ?? "" }), 404, "not-found");
  });

  it("is not renewed where the rights are gone, and takes nobody's place where it is refused [STR-17]", async () => {
    const { token } = await signIn("listener");
    const playback = await granted({ token, session: "session-1" });
    await expectProblem(await renew(playback.id, { token, country: "US" }), 451, "not-available-in-country");
    await expectProblem(await begin({ token, country: "US" }), 451, "not-available-in-country");
    expect((await renew(playback.id, { token })).status).toBe(200);
  });

  it("is one of six for a family, and of one for everybody else [STR-2]", async () => {
    for (const [product, count] of [
      ["free", 1],
      ["premium", 1],
      ["family", 6],
    ] as const) {
      const { token } = await signIn("listener", { product });
      const ids: string[] = [];
      for (let i = 0; i <= count; i++) ids.push((await granted({ token, session: `session-${i}` })).id);
      const statuses: number[] = [];
      for (const id of ids) statuses.push((await renew(id, { token })).status);
      expect(statuses, product).toEqual([409, ...Array.from({ length: count }, () => 200)]);
    }
  });

  it("is refused for a session that is none [PB-8]", async () => {
    for (const session of ["short", "x".repeat(65), "with space"]) {
      await expectProblem(await begin({ session }), 400, "bad-request");
    }
  });
});
