import { describe, expect, it } from "vitest";
import { ask, begin, type Published, publish, RENDITION_BYTES, signedPath, unstored } from "../edge-fixtures.ts";

async function bytesOf(answer: Response): Promise<Uint8Array> {
  return new Uint8Array(await answer.arrayBuffer());
}

function etagOf({ sha256 }: Published): string {
  return `"${sha256}"`;
}

const SENT_WITH_ALL = [
  "etag",
  "repr-digest",
  "cache-control",
  "accept-ranges",
  "content-type",
  "x-content-type-options",
];

describe("a range of a rendition", () => {
  it.each([
    ["bytes=0-499", 0, 499],
    ["bytes=9500-", 9_500, 9_999],
    ["bytes=-500", 9_500, 9_999],
    ["bytes=0-99999", 0, 9_999],
    ["bytes=-20000", 0, 9_999],
    ["bytes=0-", 0, 9_999],
    ["bytes=4321-4321", 4_321, 4_321],
  ])("%s is answered with it, from the bucket and then from the cache [DLV-1]", async (range, first, last) => {
    const rendition = await publish();
    for (const source of ["primary", "cache"]) {
      const answer = await ask(await signedPath(rendition), { headers: { range } });
      expect(answer.status).toBe(206);
      expect(answer.headers.get("server-timing")).toContain(source);
      expect(answer.headers.get("content-range")).toBe(`bytes ${first}-${last}/10000`);
      expect(answer.headers.get("content-length")).toBe(String(last - first + 1));
      expect(await bytesOf(answer)).toEqual(rendition.bytes.slice(first, last + 1));
    }
  });

  it.each(["bytes=10000-", "bytes=-0", `bytes=${"9".repeat(30)}-`])(
    "%s is outside of it: 416 with its length [DLV-2]",
    async (range) => {
      const answer = await ask(await signedPath(await publish()), { headers: { range } });
      expect(answer.status).toBe(416);
      expect(answer.headers.get("content-range")).toBe("bytes */10000");
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
    },
  );

  it.each(["bytes=5-2", "items=0-1", "garbage", "bytes=0-1,5-6", "bytes=0-0,-1", `bytes=0-${",0-".repeat(500)}`])(
    "%s is no range to answer: the whole, in one part, from the bucket and from the cache [DLV-3]",
    async (range) => {
      const rendition = await publish();
      for (const source of ["primary", "cache"]) {
        const answer = await ask(await signedPath(rendition), { headers: { range } });
        expect(answer.status).toBe(200);
        expect(answer.headers.get("server-timing")).toContain(source);
        expect(answer.headers.get("content-range")).toBeNull();
        expect(answer.headers.get("content-type")).toBe("audio/ogg");
        expect(await bytesOf(answer)).toEqual(rendition.bytes);
      }
    },
  );

  it("carries what the whole carries: the same tag, digest and cache rules [DLV-9]", async () => {
    const rendition = await publish();
    const whole = await ask(await signedPath(rendition));
    const part = await ask(await signedPath(rendition), { headers: { range: "bytes=5-9" } });
    expect([whole.status, part.status]).toEqual([200, 206]);
    for (const name of SENT_WITH_ALL) {
      expect(whole.headers.get(name), name).not.toBeNull();
      expect(part.headers.get(name), name).toBe(whole.headers.get(name));
    }
    const digest = await crypto.subtle.digest("SHA-256", rendition.bytes);
    const base64 = btoa(String.fromCharCode(...new Uint8Array(digest)));
    expect(part.headers.get("repr-digest")).toBe(`sha-256=:${base64}:`);
    expect(part.headers.get("etag")).toBe(etagOf(rendition));
    expect(part.headers.get("content-encoding")).toBeNull();
    expect(whole.headers.get("content-length")).toBe(String(RENDITION_BYTES));
    expect(await bytesOf(whole)).toEqual(rendition.bytes);
  });

  it("and its neighbours make up the file, wherever it is cut [DLV-10]", async () => {
    const rendition = await publish();
    const path = await signedPath(rendition);
    const cuts = Array.from(crypto.getRandomValues(new Uint16Array(12)), (value) => value % RENDITION_BYTES);
    const bounds = [...new Set([0, ...cuts, RENDITION_BYTES])].sort((a, b) => a - b);
    const parts: number[] = [];
    for (const [index, first] of bounds.slice(0, -1).entries()) {
      const range = `bytes=${first}-${(bounds[index + 1] ?? 0) - 1}`;
      parts.push(...(await bytesOf(await ask(path, { headers: { range } }))));
    }
    expect(Uint8Array.from(parts)).toEqual(rendition.bytes);
  });

  it("has headers and bytes of its own, whatever is asked for beside it [DLV-10]", async () => {
    const rendition = await publish();
    const path = await signedPath(rendition);
    await bytesOf(await ask(path));
    const asked = Array.from({ length: 24 }, (_unused, i) => ({ first: i * 100, length: 50 + i }));
    const answers = await Promise.all([
      ...asked.map(({ first, length }) => ask(path, { headers: { range: `bytes=${first}-${first + length - 1}` } })),
      ask(path),
      ask(path, { method: "HEAD" }),
    ]);
    const [whole, head] = answers.splice(asked.length);
    for (const [i, { first, length }] of asked.entries()) {
      const answer = answers[i];
      const headers = ["content-range", "content-length"].map((name) => answer?.headers.get(name));
      expect(headers).toEqual([`bytes ${first}-${first + length - 1}/${RENDITION_BYTES}`, String(length)]);
      expect(await answer?.bytes()).toEqual(rendition.bytes.slice(first, first + length));
    }
    for (const answer of [whole, head]) {
      const headers = ["content-range", "content-length"].map((name) => answer?.headers.get(name));
      expect(headers).toEqual([null, String(RENDITION_BYTES)]);
    }
    expect(await whole?.bytes()).toEqual(rendition.bytes);
  });

  it("is 200, 206 or 416 and never a fault of ours, whatever the header says [DLV-10]", async () => {
    const rendition = await publish();
    const path = await signedPath(rendition);
    const pieces = [
      "bytes",
      "=",
      "-",
      ",",
      "0",
      "9999",
      "10000",
      " ",
      "\t",
      "99999999999999999999",
      "a",
      "-1",
      "e9",
      "0x1",
    ];
    for (let attempt = 0; attempt < 150; attempt++) {
      const random = crypto.getRandomValues(new Uint8Array(8));
      const range = Array.from(random, (value) => pieces[value % pieces.length]).join("");
      const { answer } = await begin(path, { headers: { range: attempt % 2 === 0 ? `bytes=${range}` : range } });
      const lengthBytes = (await bytesOf(answer)).length;
      expect([200, 206, 416], `${range} gave ${answer.status}`).toContain(answer.status);
      if (answer.status !== 416) expect(Number(answer.headers.get("content-length")), range).toBe(lengthBytes);
    }
  });
});

describe("conditions of a request", () => {
  it("come before its range: 304 for what the client has, 412 for what it no longer can have [DLV-5]", async () => {
    const rendition = await publish();
    const path = await signedPath(rendition);
    const etag = etagOf(rendition);
    const range = "bytes=20000-";
    const known = await ask(path, { headers: { "if-none-match": `W/${etag}, "other"`, range } });
    expect(known.status).toBe(304);
    const changed = await ask(path, { headers: { "if-match": '"other"', "if-none-match": etag, range } });
    expect(changed.status).toBe(412);
    expect((await ask(path, { headers: { "if-match": etag, range } })).status).toBe(416);
    expect((await ask(path, { headers: { "if-none-match": '"other"', range: "bytes=0-0" } })).status).toBe(206);
  });

  it("leave a 304 without a body and without word of one, but with what refreshes a stored answer [DLV-5]", async () => {
    const rendition = await publish();
    for (const method of ["GET", "HEAD"]) {
      const asked = { method, headers: { "if-none-match": etagOf(rendition) } };
      const answer = await ask(await signedPath(rendition), asked);
      expect(answer.status).toBe(304);
      expect(answer.headers.get("etag")).toBe(etagOf(rendition));
      expect(answer.headers.get("cache-control")).toBe("private, max-age=31536000, immutable");
      for (const name of ["content-length", "content-type", "content-range", "repr-digest"]) {
        expect(answer.headers.get(name), name).toBeNull();
      }
      expect(await answer.text()).toBe("");
    }
  });

  it("ignore dates, since a rendition has none [DLV-5]", async () => {
    const rendition = await publish();
    const headers = {
      "if-modified-since": "Fri, 27 Nov 2099 00:00:00 GMT",
      "if-unmodified-since": "Thu, 01 Jan 1970 00:00:00 GMT",
      range: "bytes=0-9",
    };
    expect((await ask(await signedPath(rendition), { headers })).status).toBe(206);
  });

  it("let a range stand where If-Range is the very tag, and forget it otherwise [DLV-6]", async () => {
    const rendition = await publish();
    const path = await signedPath(rendition);
    const statusWith = async (ifRange: string, range: string) =>
      (await ask(path, { headers: { "if-range": ifRange, range } })).status;
    expect(await statusWith(etagOf(rendition), "bytes=0-9")).toBe(206);
    expect(await statusWith(etagOf(rendition), "bytes=10000-")).toBe(416);
    for (const other of [`W/${etagOf(rendition)}`, '"other"', "Fri, 27 Nov 2026 00:00:00 GMT"]) {
      expect(await statusWith(other, "bytes=0-9"), other).toBe(200);
      expect(await statusWith(other, "bytes=10000-"), other).toBe(200);
    }
  });
});

describe("methods", () => {
  it("HEAD tells of the whole, whatever range it names, and sends nothing [DLV-7]", async () => {
    const rendition = await publish();
    const path = await signedPath(rendition);
    const whole = await ask(path);
    for (const range of ["bytes=0-9", "bytes=10000-", "bytes=-1"]) {
      const answer = await ask(path, { method: "HEAD", headers: { range } });
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-range")).toBeNull();
      for (const name of [...SENT_WITH_ALL, "content-length"]) {
        expect(answer.headers.get(name), name).toBe(whole.headers.get(name));
      }
      expect(await answer.text()).toBe("");
    }
  });

  it("HEAD of what is not there is 404 [DLV-7]", async () => {
    const rendition = await publish();
    const missing = { ...(await unstored()), track: rendition.track };
    expect((await ask(await signedPath(missing), { method: "HEAD" })).status).toBe(404);
  });

  it.each(["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])("%s is not one of them [DLV-7]", async (method) => {
    const answer = await ask(await signedPath(await publish()), { method });
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("GET, HEAD");
  });
});
