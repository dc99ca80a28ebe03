import { afterEach, describe, expect, it, vi } from "vitest";
import { coverKey } from "#workers/shared/catalog/cover-paths.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import { ask, edgeEnv, publish, signedPath, unstored } from "./edge-fixtures.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the log of the edge", () => {
  it("has a line for what is refused, and none for a range that went well [DLV-23]", async () => {
    const rendition = await publish();
    const path = await signedPath(rendition);
    const lines = vi.spyOn(console, "log").mockReturnValue(undefined);
    for (const headers of [{ range: "bytes=0-9" }, {}, { "if-none-match": `"${rendition.sha256}"` }]) {
      expect((await ask(path, { headers })).status).toBeLessThan(400);
    }
    expect(lines).not.toHaveBeenCalled();
    await ask(path, { headers: { range: "bytes=10000-" } });
    await ask(rendition.path);
    await ask(path, { country: "XX" });
    const logged = lines.mock.calls.map(([line]) => JSON.parse(String(line)) as { status: number; route: string });
    expect(logged.map(({ status, route }) => [status, route])).toEqual([
      [416, "/audio/"],
      [403, "/audio/"],
      [451, "/audio/"],
    ]);
  });

  it("never has a token in it, nor the path of one, also where something fails [DLV-23]", async () => {
    const rendition = await publish();
    const path = await signedPath(rendition);
    const logged: string[] = [];
    for (const method of ["log", "error", "warn"] as const) {
      vi.spyOn(console, method).mockImplementation((line) => void logged.push(String(line)));
    }
    const failing = () => Promise.reject(new Error("down"));
    await ask(path, { bindings: { RIGHTS: { get: failing } as unknown as KVNamespace } });
    await ask(`${path}x`);
    await ask(path, { country: "FR" });
    expect(logged.length).toBeGreaterThanOrEqual(3);
    for (const line of logged) {
      expect(line).not.toContain("token=");
      expect(line).not.toContain(path.slice(path.indexOf("v1.")).slice(0, 20));
      expect(line).not.toContain(rendition.sha256);
    }
  });

  it("names the request by the id that the answer carries [DLV-22]", async () => {
    const lines = vi.spyOn(console, "log").mockReturnValue(undefined);
    const answer = await ask("/audio/nothing", { headers: { "x-request-id": "abcdefgh-1" } });
    expect(answer.headers.get("x-request-id")).toBe("abcdefgh-1");
    expect(JSON.parse(String(lines.mock.calls[0]?.[0]))).toMatchObject({ requestId: "abcdefgh-1", status: 404 });
  });
});

describe("covers", () => {
  async function storedCover() {
    const { bytes, sha256 } = await unstored();
    await edgeEnv.RENDITIONS.put(coverKey(sha256, "png"), bytes, { httpMetadata: { contentType: "text/html" } });
    return { bytes, sha256, path: `/covers/${sha256}.png` };
  }

  it("that were uploaded are public, for ever, and of the type their name says [DLV-24]", async () => {
    const { bytes, sha256, path } = await storedCover();
    const answer = await ask(path, { country: "XX" });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("image/png");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(answer.headers.get("etag")).toBe(`"${sha256}"`);
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(bytes);
  });

  it("answer HEAD and a known tag without their bytes [DLV-24]", async () => {
    const { bytes, sha256, path } = await storedCover();
    const head = await ask(path, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, String(bytes.length)]);
    expect(await head.text()).toBe("");
    const known = await ask(path, { headers: { "if-none-match": `"${sha256}"` } });
    expect([known.status, await known.text()]).toEqual([304, ""]);
    const missing = `/covers/${"0".repeat(64)}.png`;
    expect((await ask(missing, { headers: { "if-none-match": "*" } })).status).toBe(404);
  });

  it("that nobody uploaded are drawn from the id, the same each time, and run no script [DLV-24]", async () => {
    const path = `/covers/generated/${freshId()}.svg`;
    const [one, two] = [await ask(path), await ask(path)];
    expect(one.headers.get("content-type")).toBe("image/svg+xml");
    expect(one.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(await one.text()).toBe(await two.text());
  });

  it.each(["/covers/", "/covers/x.png", `/covers/${"0".repeat(64)}.svg`, "/covers/generated/short.svg"])(
    "are not found at %s [DLV-24]",
    async (path) => {
      expect((await ask(path)).status).toBe(404);
    },
  );

  it("do not open the renditions beside them in the bucket [DLV-24]", async () => {
    const { sha256 } = await publish();
    for (const extension of ["ogg", "png", "jpg"]) {
      expect((await ask(`/covers/${sha256}.${extension}`)).status).toBe(404);
    }
  });
});

describe("the edge itself", () => {
  it("says that it runs, and what of the service answers [DLV-25]", async () => {
    const health = await ask("/healthz");
    expect(await health.json()).toEqual({ status: "ok", worker: "edge" });
    const ready = await ask("/readyz");
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ status: "ok", checks: { renditions: "ok", rights: "ok", api: "ok" } });
  });

  it("names what does not answer, and plays on without it [DLV-25]", async () => {
    const down = { fetch: () => Promise.reject(new Error("down")) };
    const bindings = {
      API: down as unknown as EdgeEnv["API"],
      INGEST: down as unknown as EdgeEnv["INGEST"],
      REALTIME: down as unknown as EdgeEnv["REALTIME"],
      ACCOUNTING: down as unknown as EdgeEnv["ACCOUNTING"],
    };
    const ready = await ask("/readyz", { bindings });
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      status: "degraded",
      checks: { renditions: "ok", rights: "ok", api: "failed", ingest: "failed", realtime: "failed" },
    });
    expect((await ask(await signedPath(await publish()), { bindings })).status).toBe(200);
  });

  it("asks all of the service at most once in five seconds for it, whoever asks [DLV-25]", async () => {
    const fetch = vi.fn(async () => new Response("{}"));
    const env = { ...edgeEnv, API: { fetch } as unknown as EdgeEnv["API"] };
    vi.useFakeTimers({ toFake: ["Date"] });
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask("/readyz", { env })));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(fetch).toHaveBeenCalledTimes(1);
    vi.setSystemTime(Date.now() + 5_000);
    await ask("/readyz", { env });
    expect(fetch).toHaveBeenCalledTimes(2);
    vi.useRealTimers();
  });

  it("has no page to stand in for a file of an older build [DLV-26]", async () => {
    const answer = await ask("/assets/index-DEADBEEF.js", { headers: { "sec-fetch-mode": "no-cors" } });
    expect(answer.status).toBe(404);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    await answer.text();
  });

  it("gives the player's own files for every other path [DLV-17]", async () => {
    const answer = await ask("/");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toContain("text/html");
    await answer.text();
  });
});
