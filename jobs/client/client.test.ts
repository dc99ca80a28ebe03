import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { createRelease, listArtists, putArtist } from "#workers/ingest/catalog/catalog-contract.ts";
import { backoffMs, type Pause, RETRY_LIMITS, withRetries } from "./retry.ts";
import { ServiceClient } from "./service-client.ts";
import { errorFromResponse, retryAfterMs, ServiceError } from "./service-error.ts";
import { ServiceSession } from "./service-session.ts";
import { uploadTrack } from "./upload-track.ts";

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

type Answer = { status: number; body?: unknown; headers?: Record<string, string> } | "cut";

/** What speaks the service's wire: every test says what it answers. */
class Wire {
  readonly seen: Seen[] = [];
  readonly #server: Server;

  constructor(answer: (request: Seen, count: number) => Answer) {
    this.#server = createServer((request, response) => void this.#serve(request, response, answer));
  }

  async #serve(request: IncomingMessage, response: ServerResponse, answer: (request: Seen, n: number) => Answer) {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = "", url = "", headers } = request;
    const seen = { method, path: url, headers, body: Buffer.concat(chunks) };
    this.seen.push(seen);
    const same = this.seen.filter((other) => other.method === method && other.path === url).length;
    const given = answerAuth(seen, same) ?? answer(seen, same);
    if (given === "cut") {
      request.socket.destroy();
      return;
    }
    response.writeHead(given.status, { "content-type": "application/json", ...given.headers });
    response.end(given.body === undefined ? undefined : JSON.stringify(given.body));
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  count(method: string, path: string): number {
    return this.seen.filter((one) => one.method === method && one.path === path).length;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

function accessToken(number: number, lifetimeSeconds: number): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "EdDSA" })}.${part({ n: number, exp: Math.floor(Date.now() / 1_000) + lifetimeSeconds })}.c2ln`;
}

let tokenLifetimeSeconds = 600;

/** So many first tries to sign in meet a service that is not up. */
let failedSignIns = 0;

function answerAuth(request: Seen, count: number): Answer | null {
  if (request.path === "/api/auth/sign-in/email") {
    if (count <= failedSignIns) return { status: 503 };
    return { status: 200, body: { token: "in-the-body" }, headers: { "set-auth-token": "in-the-header" } };
  }
  if (request.path !== "/api/auth/token") return null;
  if (request.headers.authorization !== "Bearer in-the-header") return { status: 401, body: {} };
  return { status: 200, body: { token: accessToken(count, tokenLifetimeSeconds) } };
}

function problem(type: string, status: number, more: object = {}): Answer {
  return { status, body: { type: `urn:rimshot:problem:${type}`, title: `It is ${type}`, status, ...more } };
}

let wire: Wire;

async function clientOf(answer: (request: Seen, count: number) => Answer): Promise<ServiceClient> {
  wire = new Wire(answer);
  return new ServiceClient(await wire.listen(), { email: "a@b.c", password: "secret" });
}

afterEach(() => {
  wire?.close();
  tokenLifetimeSeconds = 600;
  failedSignIns = 0;
});

const ARTISTS = "/v1/ingest/artists";
const RELEASES = "/v1/ingest/releases";
const quick = { attemptsMax: 4, delayMsMin: 1, delayMsMax: 5 };
const someRelease = { artist_id: "a", title: "T", release_at: "2020-01-01T00:00:00Z" };

describe("access tokens", () => {
  it("are asked for once by many requests, and sent with each", async () => {
    const client = await clientOf(() => ({ status: 200, body: { items: [] } }));
    const call = () => client.call<typeof listArtists>("get", ARTISTS, {});
    await Promise.all([call(), call(), call()]);
    expect(wire.count("POST", "/api/auth/sign-in/email")).toBe(1);
    expect(wire.count("GET", "/api/auth/token")).toBe(1);
    expect(JSON.parse(wire.seen[0]?.body.toString() ?? "")).toEqual({ email: "a@b.c", password: "secret" });
    for (const one of wire.seen.filter(({ path }) => path === ARTISTS))
      expect(one.headers.authorization).toMatch(/^Bearer ey/);
  });

  it("are renewed ahead of their end, by the same session", async () => {
    tokenLifetimeSeconds = 30;
    const client = await clientOf(() => ({ status: 200, body: { items: [] } }));
    await client.call<typeof listArtists>("get", ARTISTS, {});
    await client.call<typeof listArtists>("get", ARTISTS, {});
    expect(wire.count("GET", "/api/auth/token")).toBe(2);
    expect(wire.count("POST", "/api/auth/sign-in/email")).toBe(1);
  });

  it("are renewed once after a 401, and a second 401 is an error", async () => {
    const once = await clientOf((_, count) =>
      count === 1 ? problem("unauthenticated", 401) : { status: 200, body: { items: [] } },
    );
    await once.call<typeof listArtists>("get", ARTISTS, {});
    expect(wire.count("GET", "/api/auth/token")).toBe(2);
    wire.close();
    const always = await clientOf(() => problem("unauthenticated", 401));
    await expect(always.call<typeof listArtists>("get", ARTISTS, {})).rejects.toMatchObject({ status: 401 });
    expect(wire.count("GET", ARTISTS)).toBe(2);
  });
});

describe("a renewal that many wait for", () => {
  it("goes on where the one who began it turns away", async () => {
    const session = new ServiceSession((await clientOf(() => ({ status: 404 }))).url, { email: "a", password: "b" });
    const first = new AbortController();
    const turnedAway = session.accessToken(first.signal);
    const patient = session.accessToken(AbortSignal.timeout(10_000));
    first.abort(new Error("no longer wanted"));
    await expect(turnedAway).rejects.toThrow("no longer wanted");
    expect(await patient).toMatch(/^ey/);
    expect(wire.count("GET", "/api/auth/token")).toBe(1);
  });

  it("goes on between its tries too, and ends with the last who waits", async () => {
    failedSignIns = 1;
    const session = new ServiceSession((await clientOf(() => ({ status: 404 }))).url, { email: "a", password: "b" });
    const [first, second] = [new AbortController(), new AbortController()];
    const turnedAway = session.accessToken(first.signal);
    const patient = session.accessToken(second.signal);
    await expect.poll(() => wire.count("POST", "/api/auth/sign-in/email")).toBe(1);
    first.abort(new Error("no longer wanted"));
    await expect(turnedAway).rejects.toThrow("no longer wanted");
    expect(await patient).toMatch(/^ey/);
    expect(wire.count("POST", "/api/auth/sign-in/email")).toBe(2);
    session.forget(await patient);
    await expect(session.accessToken(AbortSignal.abort(new Error("too late")))).rejects.toThrow("too late");
    expect(wire.count("GET", "/api/auth/token")).toBe(1);
  });
});

describe("problems", () => {
  it("become typed errors with their fields", async () => {
    const errors = [{ path: "title", message: "too long" }];
    const client = await clientOf(() => problem("unprocessable", 422, { detail: "Look at the fields.", errors }));
    const error = await client.call<typeof listArtists>("get", ARTISTS, {}).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ServiceError);
    expect(error).toMatchObject({ status: 422, type: "unprocessable", detail: "Look at the fields.", errors });
    expect((error as Error).message).toBe("It is unprocessable (422): Look at the fields.; title: too long");
  });

  it("are told also where no problem+json comes, or no JSON with a 200, or nothing at all", async () => {
    const client = await clientOf((request) =>
      request.path === ARTISTS ? { status: 418, body: [] } : { status: 200 },
    );
    await expect(client.call<typeof listArtists>("get", ARTISTS, {})).rejects.toMatchObject({
      status: 418,
      type: "unnamed",
    });
    const gone = new ServiceClient("http://127.0.0.1:9", { email: "a", password: "b" });
    const options = { retryLimits: quick };
    const signedIn = gone.call<typeof listArtists>(
      "get",
      ARTISTS,
      {},
      { ...options, signal: AbortSignal.timeout(300) },
    );
    await expect(signedIn).rejects.toThrow();
  });
});

describe("retries", () => {
  it("repeat reads and keyed requests that meet 429, 502, 503, 504 or a cut", async () => {
    const answers: Answer[] = [
      problem("unavailable", 503),
      "cut",
      { status: 502 },
      { status: 200, body: { items: [] } },
    ];
    const client = await clientOf((_, count) => answers[count - 1] ?? { status: 500 });
    await client.call<typeof listArtists>("get", ARTISTS, {}, { retryLimits: quick });
    expect(wire.count("GET", ARTISTS)).toBe(4);
    const input = { headers: { "idempotency-key": "k" }, body: someRelease };
    await client.call<typeof createRelease>("post", RELEASES, input, { retryLimits: quick });
    expect(wire.count("POST", RELEASES)).toBe(4);
  });

  it("never repeat a POST without a key, nor what will not pass", async () => {
    const client = await clientOf((request) =>
      request.method === "POST" ? { status: 503 } : problem("quota-exceeded", 429),
    );
    const post = client.call<typeof putArtist>("post", ARTISTS, { body: { name: "A" } }, { retryLimits: quick });
    await expect(post).rejects.toMatchObject({ status: 503 });
    expect(wire.count("POST", ARTISTS)).toBe(1);
    const get = client.call<typeof listArtists>("get", ARTISTS, {}, { retryLimits: quick });
    await expect(get).rejects.toMatchObject({ type: "quota-exceeded" });
    expect(wire.count("GET", ARTISTS)).toBe(1);
  });

  it("end after a bounded number", async () => {
    const client = await clientOf(() => ({ status: 503 }));
    await expect(client.call<typeof listArtists>("get", ARTISTS, {}, { retryLimits: quick })).rejects.toMatchObject({
      status: 503,
    });
    expect(wire.count("GET", ARTISTS)).toBe(quick.attemptsMax);
  });

  it("wait as Retry-After says, and stop with the signal", async () => {
    const client = await clientOf((_, count) => ({
      status: 503,
      ...(count === 1 ? { headers: { "retry-after": "30" } } : {}),
    }));
    const ask = async () => {
      throw await errorFromResponse(await fetch(new URL(ARTISTS, client.url)));
    };
    const pausesMs: number[] = [];
    const pause: Pause = async (delayMs) => void pausesMs.push(delayMs);
    await expect(withRetries(ask, undefined, quick, pause)).rejects.toMatchObject({ status: 503 });
    expect(pausesMs).toHaveLength(quick.attemptsMax - 1);
    expect(pausesMs[0]).toBe(30_000);
    expect(Math.max(...pausesMs.slice(1))).toBeLessThanOrEqual(quick.delayMsMax);
    const stopped = withRetries(async () => {
      throw new ServiceError({ status: 503, type: "unnamed", title: "", detail: "", errors: [], retryAfterMs: 10_000 });
    }, AbortSignal.timeout(20));
    await expect(stopped).rejects.toThrow(/abort/i);
  });

  it("spread between the least delay and a growing bound", () => {
    for (const attempt of [1, 3, 20]) {
      expect(backoffMs(attempt, RETRY_LIMITS, 0)).toBe(250);
      expect(backoffMs(attempt, RETRY_LIMITS, 0.999)).toBeLessThanOrEqual(8_000);
    }
    expect(backoffMs(20, RETRY_LIMITS, 0.999)).toBeGreaterThan(backoffMs(1, RETRY_LIMITS, 0.999));
    expect(retryAfterMs("2", 0)).toBe(2_000);
    expect(retryAfterMs("Thu, 01 Jan 1970 00:00:05 GMT", 1_000)).toBe(4_000);
    expect(retryAfterMs("soon", 0)).toBeNull();
  });
});

describe("uploads", () => {
  const bytes = randomBytes(300_000);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const announced = (state: string) => ({ id: "u1", state, release_id: "r1" });

  /** A tus server that stores what comes, for as long as its URL is good. */
  function tusWire(options: { cutAfter?: number; expiredTokens?: readonly string[] }) {
    const stored: Buffer[] = [];
    const size = () => stored.reduce((sum, part) => sum + part.length, 0);
    const tickets = ["first", "second"];
    let cuts = 0;
    const ticket = () => ({
      upload: announced("PENDING"),
      upload_url: `/files/u1?token=${tickets.shift()}`,
      expires_at: "",
    });
    const answer = ({ method, path, headers, body }: Seen): Answer => {
      if (method === "POST") return { status: path.endsWith("/url") ? 200 : 201, body: ticket() };
      if (!path.startsWith("/files/"))
        return { status: 200, body: announced(size() === bytes.length ? "UPLOADED" : "PENDING") };
      const token = path.split("=")[1] ?? "";
      if (options.expiredTokens?.includes(token) === true) return problem("token-expired", 403);
      const tus = () => ({
        "tus-resumable": "1.0.0",
        "upload-offset": String(size()),
        "upload-length": String(bytes.length),
      });
      if (method === "HEAD") return { status: 200, headers: tus() };
      if (Number(headers["upload-offset"]) !== size()) return problem("offset-mismatch", 409);
      const isCut = options.cutAfter !== undefined && cuts++ === 0;
      stored.push(isCut ? body.subarray(0, options.cutAfter) : body);
      return isCut ? "cut" : { status: 204, headers: tus() };
    };
    return { answer, stored };
  }

  async function send(options: Parameters<typeof tusWire>[0]) {
    const tus = tusWire(options);
    const client = await clientOf(tus.answer);
    const track = { title: "T", track_number: 3 };
    const contentType = "audio/flac" as const;
    const upload = await uploadTrack(client, {
      releaseId: "r1",
      track,
      bytes,
      contentType,
      sha256,
      fileName: "t.flac",
    });
    return { upload, stored: Buffer.concat(tus.stored) };
  }

  it("announce the file under a key of its place and bytes, and send them", async () => {
    const { upload, stored } = await send({});
    expect(upload.state).toBe("UPLOADED");
    expect(stored.equals(bytes)).toBe(true);
    const request = wire.seen.find(({ path }) => path === "/v1/ingest/uploads");
    expect(request?.headers["idempotency-key"]).toMatch(/^upload-[0-9a-f]{64}$/);
    const file = { name: "t.flac", size_bytes: bytes.length, content_type: "audio/flac", sha256 };
    expect(JSON.parse(request?.body.toString() ?? "")).toMatchObject({ release_id: "r1", file });
  });

  it("go on behind what arrived when the connection was cut", async () => {
    const { upload, stored } = await send({ cutAfter: 123_456 });
    expect(upload.state).toBe("UPLOADED");
    expect(stored.equals(bytes)).toBe(true);
    const offsets = wire.seen.filter(({ method }) => method === "PATCH").map(({ headers }) => headers["upload-offset"]);
    expect(offsets).toEqual(["0", "123456"]);
  });

  it("ask for a new URL where the first one has ended", async () => {
    const { upload, stored } = await send({ expiredTokens: ["first"] });
    expect(upload.state).toBe("UPLOADED");
    expect(stored.equals(bytes)).toBe(true);
    expect(wire.count("POST", "/v1/ingest/uploads/u1/url")).toBe(1);
  });

  it("give up where no URL is good, without telling the URL", async () => {
    const error = await send({ expiredTokens: ["first", "second", "undefined"] }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 403 });
    expect(String(error)).not.toContain("token=");
  });

  it("are given back as rejected where the first bytes gave the file away", async () => {
    const client = await clientOf(({ method }) => {
      if (method === "PATCH") return problem("unsupported-media-type", 415);
      if (method === "HEAD") return { status: 200, headers: { "upload-offset": "0", "upload-length": "300000" } };
      if (method === "GET") return { status: 200, body: announced("REJECTED") };
      return { status: 201, body: { upload: announced("PENDING"), upload_url: "/files/u1?token=t", expires_at: "" } };
    });
    const track = { title: "T", track_number: 1 };
    const upload = await uploadTrack(client, { releaseId: "r1", track, bytes, contentType: "audio/flac", sha256 });
    expect(upload.state).toBe("REJECTED");
    expect(wire.count("PATCH", "/files/u1?token=t")).toBe(1);
  });

  it("send nothing that is there", async () => {
    const client = await clientOf(() => ({
      status: 201,
      body: { upload: announced("PUBLISHED"), upload_url: "/x", expires_at: "" },
    }));
    const track = { title: "T", track_number: 1 };
    const upload = await uploadTrack(client, { releaseId: "r1", track, bytes, contentType: "audio/flac", sha256 });
    expect(upload.state).toBe("PUBLISHED");
    expect(wire.seen.every(({ method }) => method !== "PATCH" && method !== "HEAD")).toBe(true);
  });
});
