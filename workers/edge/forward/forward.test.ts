import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { MANIFEST_TOKEN_USE } from "#domain/delivery/manifest-token.ts";
import type { AccountId, PlaylistId } from "#domain/foundation/ids.ts";
import { signToken } from "#domain/foundation/signed-token.ts";
import { PLAYLIST_SUBPROTOCOL } from "#durable-objects/playlists/playlist-protocol.ts";
import { JWKS_PATH } from "#workers/shared/auth/access-token.ts";
import { keyringOf } from "#workers/shared/auth/keyrings.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import { ask, edgeEnv, ORIGIN, problemOf } from "../edge-fixtures.ts";
import { ACCOUNT_LIMIT } from "../limits/rate-limits.ts";

const { PLAYLISTS } = env as unknown as RealtimeEnv;

let accountId: AccountId;
let accessToken: string;

beforeAll(async () => {
  const credentials = { email: "forwarded@edge.example.com", password: "correct horse battery", name: "Forwarded" };
  const session = await ask("/api/auth/sign-up/email", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(credentials),
  });
  const { token, user } = await session.json<{ token: string; user: { id: AccountId } }>();
  const answer = await ask("/api/auth/token", { headers: { authorization: `Bearer ${token}` } });
  accessToken = (await answer.json<{ token: string }>()).token;
  accountId = user.id;
});

/** An api that writes down what it is asked, keys included, and answers through `reply`. */
function watchedApi(reply: (request: Request) => Promise<Response> | Response) {
  const asked: Request[] = [];
  const fetch = async (request: Request) => {
    asked.push(request);
    return reply(request);
  };
  return { asked, bindings: { API: { fetch } as unknown as EdgeEnv["API"] } };
}

function isForKeys(request: Request): boolean {
  return new URL(request.url).pathname === JWKS_PATH;
}

function bearer(token: string) {
  return { authorization: `Bearer ${token}` };
}

it("of an account that asks too often is turned away at the POP, by its name and not its address [LIM-2]", async () => {
  const { asked, bindings } = watchedApi((request) =>
    isForKeys(request) ? edgeEnv.API.fetch(request) : new Response("ok"),
  );
  vi.useFakeTimers({ toFake: ["Date"] });
  const statuses: number[] = [];
  try {
    for (let i = 0; i <= ACCOUNT_LIMIT.burst; i++) {
      statuses.push((await ask("/v1/me", { headers: bearer(accessToken), bindings })).status);
    }
  } finally {
    vi.useRealTimers();
  }
  expect(statuses.filter((status) => status === 200)).toHaveLength(ACCOUNT_LIMIT.burst);
  expect(statuses.at(-1)).toBe(429);
  expect(asked.filter((request) => !isForKeys(request))).toHaveLength(ACCOUNT_LIMIT.burst);
  expect((await ask("/v1/me", { bindings })).status).toBe(200);
});

describe("a request for another Worker", () => {
  it("goes there and comes back as it is, with method, body, country and headers [DLV-17]", async () => {
    const { asked, bindings } = watchedApi(async (request) => {
      const { country } = request.cf as { country: string };
      return new Response(`${request.method} ${country} ${await request.text()}`, {
        status: 418,
        headers: { "x-of-the-api": "kept" },
      });
    });
    const answer = await ask("/v1/search?q=a%2Fb", {
      method: "POST",
      body: "the body",
      country: "JP",
      headers: { "x-of-the-client": "kept" },
      bindings,
    });
    expect(answer.status).toBe(418);
    expect(answer.headers.get("x-of-the-api")).toBe("kept");
    expect(await answer.text()).toBe("POST JP the body");
    expect(asked[0]?.url).toBe(`${ORIGIN}/v1/search?q=a%2Fb`);
    expect(asked[0]?.headers.get("x-of-the-client")).toBe("kept");
  });

  it("with a good access token reaches what the token is for [DLV-18]", async () => {
    const answer = await ask("/v1/me", { headers: bearer(accessToken) });
    expect(answer.status).toBe(200);
    expect(JSON.stringify(await answer.json())).toContain(accountId);
  });

  it("with a bad access token is refused here, and asks the api for nothing but its keys [DLV-18]", async () => {
    const [header, payload, signature = ""] = accessToken.split(".");
    const flipped = `${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
    for (const token of [`${header}.${payload}.${flipped}`, "a.b.c", `${"x".repeat(5_000)}.y.z`]) {
      const { asked, bindings } = watchedApi((request) => edgeEnv.API.fetch(request));
      const answer = await ask("/v1/me", { headers: bearer(token), bindings });
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
      expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
      expect((await problemOf(answer)).type).toBe("urn:rimshot:problem:unauthenticated");
      expect(asked.filter((request) => !isForKeys(request))).toEqual([]);
    }
  });

  it("with another credential is for the api to judge [DLV-18]", async () => {
    const { asked, bindings } = watchedApi(() => new Response("judged"));
    for (const authorization of ["Bearer an-operator-key", "Bearer a.b", "Basic YTpi", "bearer"]) {
      expect(await (await ask("/v1/me", { headers: { authorization }, bindings })).text()).toBe("judged");
    }
    expect(asked.some(isForKeys)).toBe(false);
  });

  it.each([
    ["that throws", () => Promise.reject(new Error("down"))],
    ["that is degraded", () => new Response("{}", { status: 503 })],
    ["that has no such route", () => new Response("{}", { status: 404 })],
    ["that answers no JSON", () => new Response("<html>")],
    ["that answers no key set", () => Response.json({ keys: "none" })],
  ])("is forwarded where the keys come from an api %s: the Worker behind decides [DLV-19]", async (_what, keys) => {
    const { asked, bindings } = watchedApi((request) => (isForKeys(request) ? keys() : new Response("decided")));
    const answer = await ask("/v1/me", { headers: bearer(accessToken), bindings });
    expect(await answer.text()).toBe("decided");
    expect(asked.map(isForKeys)).toEqual([true, false]);
  });

  it("is a 503 with the request's id where that Worker is down [DLV-20]", async () => {
    const errors = vi.spyOn(console, "error").mockReturnValue(undefined);
    const { bindings } = watchedApi(() => Promise.reject(new Error("internal detail")));
    const answer = await ask("/v1/tracks/x", { bindings, headers: { "x-request-id": "given-by-caller" } });
    expect(answer.status).toBe(503);
    expect(answer.headers.get("x-request-id")).toBe("given-by-caller");
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    const problem = await problemOf(answer);
    expect(problem.detail).toContain("given-by-caller");
    expect(JSON.stringify(problem)).not.toContain("internal detail");
    expect(errors).toHaveBeenCalledOnce();
    errors.mockRestore();
  });
});

describe("a WebSocket", () => {
  it("opens through the edge and hears what the object says [DLV-21]", async () => {
    const id = freshId<PlaylistId>();
    const details = { name: "Mix", description: "", public: true, collaborative: false };
    expect((await PLAYLISTS.getByName(id).create({ accountId, name: "Forwarded" }, details)).ok).toBe(true);
    const answer = await ask(`/v1/playlists/${id}/live`, {
      headers: { upgrade: "websocket", "sec-websocket-protocol": PLAYLIST_SUBPROTOCOL },
    });
    expect(answer.status).toBe(101);
    const socket = answer.webSocket;
    if (socket === null || socket === undefined) throw new Error("a 101 comes with a socket");
    const heard = new Promise<string>((resolve) => {
      socket.addEventListener("message", ({ data }) => resolve(String(data)), { once: true });
    });
    socket.accept();
    expect(JSON.parse(await heard)).toMatchObject({ type: "hello" });
    socket.close(1_000, "done");
  });
});

describe("a request id", () => {
  async function idSeenBehind(given: Readonly<Record<string, string>>): Promise<string> {
    const { asked, bindings } = watchedApi(() => new Response());
    await ask("/v1/search", { headers: given, bindings });
    return asked[0]?.headers.get("x-request-id") ?? "";
  }

  it("is the client's where it has the form of one [DLV-22]", async () => {
    expect(await idSeenBehind({ "x-request-id": "abcdefgh-12345678" })).toBe("abcdefgh-12345678");
  });

  it.each(["", "short", "x".repeat(65), "has a space in it", "12345678, 12345678", '{"a":"12345678"}', "12345678;x"])(
    "is made anew in the place of %j [DLV-22]",
    async (given) => {
      expect(await idSeenBehind({ "x-request-id": given })).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  it("is new for each request without one [DLV-22]", async () => {
    expect(await idSeenBehind({})).not.toBe(await idSeenBehind({}));
  });
});

it("of an account is counted too where the token comes as a subprotocol, or is that of a manifest [LIM-2]", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  try {
    const spent = async (path: string, headers: Readonly<Record<string, string>>) => {
      const { bindings } = watchedApi((request) =>
        isForKeys(request) ? edgeEnv.API.fetch(request) : new Response("ok"),
      );
      const REALTIME = { fetch: async () => new Response("ok") } as unknown as EdgeEnv["REALTIME"];
      const statuses: number[] = [];
      for (let i = 0; i <= ACCOUNT_LIMIT.burst; i++) {
        statuses.push((await ask(path, { headers, bindings: { ...bindings, REALTIME } })).status);
      }
      return [statuses[0], statuses.at(-1)];
    };
    // The last of this file, for it uses up the account's turns of a time to come.
    vi.setSystemTime(Date.now() + 60_000);
    const subprotocols = { upgrade: "websocket", "sec-websocket-protocol": `live, bearer.${accessToken}` };
    expect(await spent("/v1/me/stream?session_id=12345678", subprotocols)).toEqual([200, 429]);
    const path = "/v1/manifests/x.m3u8";
    const nbf = Math.floor(Date.now() / 1_000);
    const claims = { sub: freshId(), acl: path, nbf, exp: nbf + 600 };
    const token = await signToken(await keyringOf(edgeEnv.AUDIO_TOKEN_KEYS), MANIFEST_TOKEN_USE, claims);
    expect(await spent(`${path}?token=${token}`, {})).toEqual([200, 429]);
    expect(await spent(`${path}?token=${token}x`, {})).toEqual([200, 200]);
  } finally {
    vi.useRealTimers();
  }
});

it("changes and deletions of what listeners read go to the owner's side of it [ING-86]", async () => {
  const asked: string[] = [];
  const fetch = async (request: Request) => {
    asked.push(`${request.method} ${new URL(request.url).pathname} ${await request.text()}`);
    return new Response(null, { status: 204 });
  };
  const bindings = { INGEST: { fetch } as unknown as EdgeEnv["INGEST"] };
  const id = "0".repeat(22);
  await ask(`/v1/tracks/${id}`, { method: "PATCH", body: '{"title":"One"}', bindings });
  await ask(`/v1/albums/${id}`, { method: "DELETE", bindings });
  await ask(`/v1/releases/${id}`, { method: "DELETE", bindings });
  await ask(`/v1/artists/${id}`, { method: "DELETE", bindings });
  expect(asked).toEqual([
    `PATCH /v1/ingest/tracks/${id} {"title":"One"}`,
    `DELETE /v1/ingest/releases/${id} `,
    `DELETE /v1/ingest/releases/${id} `,
    `DELETE /v1/ingest/artists/${id} `,
  ]);
  await ask(`/v1/tracks/${id}`, { method: "PUT", bindings });
  await ask(`/v1/tracks/${id}/more`, { method: "DELETE", bindings });
  expect(asked).toHaveLength(4);
});
