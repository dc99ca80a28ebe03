import { describe, expect, it } from "vitest";
import { ask, edgeEnv, publish, signedPath } from "./edge-fixtures.ts";

const [LISTED = "", ALSO_LISTED = ""] = edgeEnv.CORS_ORIGINS.split(" ");
const UNLISTED = [
  "https://evil.example",
  `${LISTED}.evil.example`,
  "null",
  "",
  `${LISTED} ${ALSO_LISTED}`,
  `${LISTED}/`,
];

describe("a player of another origin", () => {
  it.each([LISTED, ALSO_LISTED])(
    "that is listed, %s, reads what it is granted and its timings [CRS-1]",
    async (origin) => {
      const path = await signedPath(await publish());
      const answer = await ask(path, { headers: { origin, range: "bytes=0-9" } });
      expect(answer.status).toBe(206);
      expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
      expect(answer.headers.get("timing-allow-origin")).toBe(origin);
      expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
      expect(answer.headers.get("vary")).toBe("Origin");
      for (const name of ["Content-Range", "Accept-Ranges", "ETag", "Server-Timing", "RateLimit"]) {
        expect(answer.headers.get("access-control-expose-headers")).toContain(name);
      }
      expect((await answer.arrayBuffer()).byteLength).toBe(10);
    },
  );

  it("reads refusals too, and what other Workers answer [CRS-1]", async () => {
    const headers = { origin: LISTED };
    const refused = await ask("/audio/nothing", { headers });
    expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([404, LISTED]);
    const forwarded = await ask("/v1/search?q=x&type=track", { headers });
    expect([forwarded.status, forwarded.headers.get("access-control-allow-origin")]).toEqual([200, LISTED]);
    expect(await forwarded.json()).toHaveProperty("tracks");
  });

  it.each(UNLISTED)(
    "that is not listed, %j, is told nothing, and no other name is let in by it [CRS-2]",
    async (origin) => {
      for (const path of [await signedPath(await publish()), "/v1/search?q=x&type=track"]) {
        const answer = await ask(path, { headers: { origin } });
        expect(answer.headers.get("access-control-allow-origin")).toBeNull();
        expect(answer.headers.get("timing-allow-origin")).toBeNull();
        await answer.arrayBuffer();
      }
    },
  );

  it("is let ask first, for a day [CRS-3]", async () => {
    const headers = {
      origin: LISTED,
      "access-control-request-method": "GET",
      "access-control-request-headers": "range,if-range",
    };
    const answer = await ask(await signedPath(await publish()), { method: "OPTIONS", headers });
    expect(answer.status).toBe(204);
    expect(answer.headers.get("access-control-allow-origin")).toBe(LISTED);
    expect(answer.headers.get("access-control-allow-methods")).toContain("GET");
    expect(answer.headers.get("access-control-allow-headers")).toBe("range,if-range");
    expect(answer.headers.get("access-control-max-age")).toBe("86400");
    const unlisted = { ...headers, origin: "https://evil.example" };
    const refused = await ask("/audio/x", { method: "OPTIONS", headers: unlisted });
    expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([405, null]);
  });

  it("does not see an answer that a browser kept from before it asked [CRS-4]", async () => {
    const path = await signedPath(await publish());
    expect((await ask(path)).headers.get("vary")).toBe("Origin");
    expect((await ask("/healthz")).headers.get("vary")).toBe("Origin");
    const closed = await ask(path, { bindings: { CORS_ORIGINS: "" } });
    expect(closed.headers.get("vary")).toBeNull();
    const forwarded = await ask("/v1/search?q=x&type=track");
    expect(forwarded.headers.get("vary")).toContain("Origin");
    const listed = await ask(path, { headers: { origin: LISTED }, bindings: { CORS_ORIGINS: "" } });
    expect(listed.headers.get("access-control-allow-origin")).toBeNull();
  });
});
