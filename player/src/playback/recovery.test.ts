import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "../api/problem.ts";
import { AudioHosts, PlaybackHosts } from "./audio-hosts.ts";
import type { MediaFault } from "./deck.ts";
import type { ListeningSession } from "./listening-session.ts";
import { findWayOn } from "./recovery.ts";

const [ONE, TWO] = ["https://one.example", "https://two.example"] as const;
const NOW = Date.UTC(2026, 10, 29);
const MINUTE_MS = 60_000;

/** What the service answers to a renewal; a number is the status of a refusal. */
let renewal: number | "no answer" | "renewed";
let renewals: number;
let named: readonly string[];

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  renewal = "renewed";
  renewals = 0;
  named = [ONE, TWO];
  vi.stubGlobal("localStorage", { getItem: () => null });
  vi.stubGlobal("fetch", async () => {
    renewals += 1;
    if (renewal === "no answer") throw new TypeError("no network");
    if (renewal !== "renewed") return Response.json({}, { status: renewal });
    const expires_at = new Date(Date.now() + 10 * MINUTE_MS).toISOString();
    return Response.json({ id: "p", track_id: "t", expires_at, renditions: [], audio_origins: named });
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function playing(parts: Partial<ListeningSession> = {}): ListeningSession {
  const session: Partial<ListeningSession> = {
    playbackId: "p",
    entry: { key: 1, track: { id: "t" } } as ListeningSession["entry"],
    renditions: [],
    hosts: new PlaybackHosts(new AudioHosts(), [ONE, TWO]),
    grantedAtMs: NOW - 2 * MINUTE_MS,
    expiresAtMs: NOW + 8 * MINUTE_MS,
    deckUrlIsOld: false,
    hasRecovered: false,
    isRecovering: false,
    ...parts,
  };
  return session as ListeningSession;
}

/** What the player does after a failure; it then loads what the session names. */
async function goOn(session: ListeningSession, fault: MediaFault = "loading"): Promise<string> {
  await findWayOn(session, fault);
  session.deckUrlIsOld = false;
  return session.hosts.current;
}

test("goes on from the next host, then once more from the best, and gives up [PLB-4]", async () => {
  const session = playing();
  expect([await goOn(session), await goOn(session)]).toEqual([TWO, ONE]);
  await expect(findWayOn(session, "loading")).rejects.toMatchObject({ title: "The track stopped" });
  expect(session.isRecovering).toBe(false);
});

test("tries a single host once more with fresh URLs, and gives up [PLB-4]", async () => {
  named = [];
  const session = playing({ hosts: new PlaybackHosts(new AudioHosts()) });
  expect([await goOn(session), renewals]).toEqual(["", 1]);
  await expect(findWayOn(session, "loading")).rejects.toBeInstanceOf(ApiError);
});

test("takes a URL that ran out for what was wrong, and keeps its host [PLB-5]", async () => {
  for (const old of [{ expiresAtMs: NOW }, { deckUrlIsOld: true }]) {
    const session = playing(old);
    expect([await goOn(session), await goOn(session)]).toEqual([ONE, TWO]);
  }
});

test("blames no host for what cannot be decoded, and one from which nothing comes at once [PLB-5]", async () => {
  const broken = playing();
  expect(await goOn(broken, "decoding")).toBe(ONE);
  await expect(findWayOn(broken, "decoding")).rejects.toBeInstanceOf(ApiError);
  expect(await goOn(playing({ deckUrlIsOld: true }), "starved")).toBe(TWO);
});

test.each([401, 403, 404, 409, 410, 429, 451])("asks no other host after a refusal, %i [PLB-5]", async (status) => {
  renewal = status;
  for (const fault of ["loading", "starved"] as const) {
    const session = playing();
    await expect(findWayOn(session, fault)).rejects.toMatchObject({ status });
    expect([session.hosts.current, session.hasRecovered]).toEqual([ONE, false]);
  }
});

test.each(["no answer", 500, 503] as const)(
  "goes on with the URLs at hand where the service says %s [PLB-5]",
  async (answer) => {
    renewal = answer;
    const session = playing();
    await findWayOn(session, "loading");
    expect(session.hosts.current).toBe(TWO);
    await expect(findWayOn(playing({ expiresAtMs: NOW }), "loading")).rejects.toBeInstanceOf(ApiError);
  },
);

test("does not ask the service again for what it has just said [PLB-5]", async () => {
  expect([await goOn(playing({ grantedAtMs: NOW - 1_000 })), renewals]).toEqual([TWO, 0]);
});
