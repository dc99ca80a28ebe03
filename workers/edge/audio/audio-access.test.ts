import { afterEach, describe, expect, it, vi } from "vitest";
import { AUDIO_TOKEN_USE } from "#domain/delivery/audio-token.ts";
import { encodeBase64url } from "#domain/foundation/base64url.ts";
import { importKeyring, signToken } from "#domain/foundation/signed-token.ts";
import { availabilityKey } from "#domain/rights/availability.ts";
import {
  ask,
  COUNTRY,
  edgeEnv,
  grant,
  ORIGIN,
  type Published,
  problemOf,
  publish,
  RENDITION_BYTES,
  routedRequest,
  sign,
  signedPath,
  unstored,
  WORLDWIDE_DEAL,
  watchedStorage,
} from "../edge-fixtures.ts";
import { requestTarget } from "../request-target.ts";
import { serveAudio } from "./serve-audio.ts";

afterEach(() => {
  vi.useRealTimers();
});

function setClock(nowMs: number): void {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(nowMs);
}

/** Refused with this type, and nothing was read to find that out. */
async function expectRefusedUnread(path: string, type: string, status = 403): Promise<void> {
  const { reads, bindings } = watchedStorage();
  const answer = await ask(path, { bindings });
  expect(answer.status, path).toBe(status);
  expect((await problemOf(answer)).type).toBe(`urn:rimshot:problem:${type}`);
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(reads).toEqual([]);
}

describe("the token of an audio URL", () => {
  it("opens the file it was signed for, once for the MAC and many times from memory [TOK-8]", async () => {
    const path = await signedPath(await publish());
    for (let times = 0; times < 3; times++) expect((await ask(path)).status).toBe(200);
  });

  it("is refused with any character changed, before anything is read, also when the true one is remembered [TOK-9]", async () => {
    const rendition = await publish();
    const token = await sign(rendition);
    expect((await ask(`${rendition.path}?token=${token}`)).status).toBe(200);
    for (let index = 0; index < token.length; index++) {
      const changed = token[index] === "A" ? "B" : "A";
      const other = token.slice(0, index) + changed + token.slice(index + 1);
      await expectRefusedUnread(`${rendition.path}?token=${other}`, "token-invalid");
    }
  });

  it("is refused missing, malformed, oversized, twice, with company, or escaped, before anything is read [TOK-9]", async () => {
    const rendition = await publish();
    const token = await sign(rendition);
    const queries = [
      "",
      "?",
      "?token",
      "?token=",
      "?token=null",
      `?token=${"A".repeat(10_000)}`,
      `?token=${token}${"A".repeat(4_000)}`,
      `?token=${token}&token=${token}`,
      `?token=${token}&token=`,
      `?token=${token}&a=1`,
      `?a=1&token=${token}`,
      `?token=${token.replace("v1.", "v1%2E")}`,
      `?token=${token.replace("v1.", "%761.")}`,
      `?token=${token}%00`,
      `?token=${token}%20`,
      `?token=${token}+`,
      `?token=+${token}`,
      `?token=${token}=`,
      `?TOKEN=${token}`,
      `?token[]=${token}`,
      `?token=${token}?token=${token}`,
    ];
    for (const query of queries) await expectRefusedUnread(rendition.path + query, "token-invalid");
  });

  it("is looked at for its lifetime each time, remembered or not [TOK-8]", async () => {
    const nowMs = Date.now();
    const rendition = await publish();
    const path = await signedPath(rendition);
    const unseen = await signedPath(rendition, { exp: Math.floor(nowMs / 1_000) + 600 });
    setClock(nowMs);
    expect((await ask(path)).status).toBe(200);
    setClock(nowMs + 590_000);
    expect((await ask(path)).status).toBe(200);
    setClock(nowMs + 600_000);
    await expectRefusedUnread(path, "token-expired");
    await expectRefusedUnread(unseen, "token-expired");
    // A clock that is set back does not bring what has been dropped past the check.
    setClock(nowMs - 100_000);
    await expectRefusedUnread(path, "token-invalid");
  });

  it("is refused from memory too, when its key is taken out of the keyring [TOK-8]", async () => {
    const rendition = await publish();
    const path = await signedPath(rendition);
    expect((await ask(path)).status).toBe(200);
    const other = { current: "next", keys: { next: encodeBase64url(crypto.getRandomValues(new Uint8Array(32))) } };
    const answer = await ask(path, { bindings: { AUDIO_TOKEN_KEYS: JSON.stringify(other) } });
    expect(answer.status).toBe(403);
  });

  it("opens its own file alone [TOK-10]", async () => {
    const [one, other] = [await publish(), await publish()];
    await expectRefusedUnread(`${other.path}?token=${await sign(one)}`, "token-invalid");
    await expectRefusedUnread(`${one.path.replace(".ogg", ".mp3")}?token=${await sign(one)}`, "token-invalid");
  });

  it("of another use, signed with the very key, opens nothing [TOK-10]", async () => {
    const rendition = await publish();
    const nbf = Math.floor(Date.now() / 1_000);
    const claims = { acl: rendition.path, track: rendition.track, country: COUNTRY, sizeBytes: 1, nbf, exp: nbf + 60 };
    const token = await signToken(await importKeyring(edgeEnv.AUDIO_TOKEN_KEYS), `not-${AUDIO_TOKEN_USE}`, claims);
    await expectRefusedUnread(`${rendition.path}?token=${token}`, "token-invalid");
  });
});

describe("the path of an audio URL", () => {
  /** As it comes from the wire: a URL parser would tidy it up on the way. */
  async function statusAsSent(pathAndQuery: string): Promise<number> {
    const { reads, bindings } = watchedStorage();
    const answer = await serveAudio(routedRequest(`${ORIGIN}${pathAndQuery}`, bindings));
    expect(reads).toEqual([]);
    return answer.status;
  }

  it("has one spelling: dots, doubled slashes and escapes name nothing [DLV-8]", async () => {
    const rendition = await publish();
    const token = await sign(rendition);
    const file = rendition.path.slice("/audio/".length);
    const spellings = [
      `/audio//${file}`,
      `/audio/./${file}`,
      `/audio/../audio/${file}`,
      `/audio/%2e%2e/audio/${file}`,
      `/audio/%2E/${file}`,
      `/audio/..%2faudio%2f${file}`,
      `/audio/%2f${file}`,
      `/audio/%252e%252e/audio/${file}`,
      `/audio/${file.replace(".", "%2e")}`,
      `/audio/${file}/`,
      `/audio/${file};v=1`,
      `/audio/${file.toUpperCase()}`,
      `//other.example/audio/${file}`,
    ];
    for (const spelling of spellings) expect(await statusAsSent(`${spelling}?token=${token}`), spelling).toBe(404);
  });

  it("is taken from the wire as it is, with whatever a host may look like [DLV-8]", () => {
    expect(requestTarget("https://a.example/x?y?z")).toEqual({ path: "/x", query: "y?z" });
    expect(requestTarget("http://a.example:8787/audio/%2e%2e/x?")).toEqual({ path: "/audio/%2e%2e/x", query: "" });
    expect(requestTarget("https://a.example//b.example/x")).toEqual({ path: "//b.example/x", query: "" });
    expect(requestTarget("http://[::1]:80/")).toEqual({ path: "/", query: "" });
    expect(requestTarget("http://a.example*")).toEqual({ path: "", query: "" });
  });
});

describe("rights at the edge", () => {
  async function expectRefused(rendition: Published, country: string | null, type: string, status: number) {
    const { reads, bindings } = watchedStorage();
    const answer = await ask(await signedPath(rendition), { country, bindings });
    expect(answer.status, `${country}`).toBe(status);
    const problem = await problemOf(answer);
    expect(problem.type).toBe(`urn:rimshot:problem:${type}`);
    expect(reads.filter((read) => !read.startsWith("rights "))).toEqual([]);
    return problem;
  }

  it("refuses where no deal covers the country, naming the reason, also to a token signed for it [RGT-8]", async () => {
    const rendition = await publish([{ ...WORLDWIDE_DEAL, excludedTerritories: ["DE"] }]);
    const problem = await expectRefused(rendition, "DE", "not-available-in-country", 451);
    expect(problem.detail).toContain("in DE");
    expect((await ask(await signedPath(rendition, { country: "FR" }), { country: "FR" })).status).toBe(200);
  });

  it.each([null, "XX", "T1", "", "de", "DEU"])(
    "refuses country %j: where it is unknown, nothing is granted [RGT-9]",
    async (country) => {
      await expectRefused(await publish(), country, "country-unknown", 451);
    },
  );

  it.each(["EU", "AP", "ZZ"])(
    "refuses %s, which is no country of the list, under a worldwide deal [RGT-9]",
    async (country) => {
      await expectRefused(await publish(), country, "country-unknown", 451);
    },
  );

  it("refuses a token of another country, where the track may be played in both [RGT-10]", async () => {
    await expectRefused(await publish(), "FR", "token-country", 403);
  });

  it("refuses what the listener's model has no deal for [RGT-11]", async () => {
    const rendition = await publish([{ ...WORLDWIDE_DEAL, commercialModels: ["SubscriptionModel"] }]);
    const free = await signedPath(rendition, { model: "AdvertisementSupportedModel" });
    expect((await ask(free)).status).toBe(451);
    expect((await ask(await signedPath(rendition))).status).toBe(200);
  });

  it("closes at the instant a deal ends, to tokens that are still good [RGT-12]", async () => {
    const nowMs = Date.now();
    const rendition = await publish([{ ...WORLDWIDE_DEAL, endsAt: nowMs + 5_000 }]);
    const path = await signedPath(rendition);
    setClock(nowMs);
    expect((await ask(path)).status).toBe(200);
    setClock(nowMs + 4_999);
    expect((await ask(path)).status).toBe(200);
    setClock(nowMs + 5_000);
    expect((await ask(path)).status).toBe(451);
  });

  it("follows a record that changed within 25 s, with the bytes cached and a good token [RGT-13]", async () => {
    const nowMs = Date.now();
    const rendition = await publish();
    const path = await signedPath(rendition);
    setClock(nowMs);
    expect((await ask(path)).status).toBe(200);
    await grant(rendition.track, []);
    for (const laterMs of [9_999, 14_999, 24_998]) {
      setClock(nowMs + laterMs);
      expect((await ask(path)).status, `${laterMs}`).toBe(200);
    }
    setClock(nowMs + 24_999);
    expect((await ask(path)).status).toBe(451);
  });

  it("refuses where there is no record, or none that can be read [RGT-14]", async () => {
    const missing = await publish();
    await edgeEnv.RIGHTS.delete(availabilityKey(missing.track));
    await expectRefused(missing, COUNTRY, "not-available-in-country", 451);
    for (const record of ["", "{", "null", '{"v":2,"grants":{}}', '{"v":1}']) {
      const broken = await publish();
      await edgeEnv.RIGHTS.put(availabilityKey(broken.track), record);
      await expectRefused(broken, COUNTRY, "not-available-in-country", 451);
    }
  });

  it("logs once that a record cannot be read, and nothing where there is none [RGT-14]", async () => {
    const errors = vi.spyOn(console, "error").mockReturnValue(undefined);
    const broken = await publish();
    await edgeEnv.RIGHTS.put(availabilityKey(broken.track), "{");
    for (let times = 0; times < 3; times++) expect((await ask(await signedPath(broken))).status).toBe(451);
    const missing = await unstored();
    expect((await ask(await signedPath(missing))).status).toBe(451);
    const lines = errors.mock.calls.map(([line]) => JSON.parse(String(line)));
    errors.mockRestore();
    expect(lines).toEqual([{ level: "error", event: "rights-unreadable", worker: "edge", track: broken.track }]);
  });

  it("asks the store once for many ranges of a track [RGT-13]", async () => {
    const rendition = await publish();
    const { reads, bindings } = watchedStorage();
    for (let first = 0; first < RENDITION_BYTES; first += 1_000) {
      const headers = { range: `bytes=${first}-${first + 999}` };
      expect((await ask(await signedPath(rendition), { headers, bindings })).status).toBe(206);
    }
    expect(reads.filter((read) => read.startsWith("rights "))).toHaveLength(1);
  });
});
