import { beforeAll, describe, expect, it } from "vitest";
import {
  announce,
  answered,
  bindings,
  type Caller,
  call,
  newCaller,
  newRelease,
  noise,
  refused,
} from "#workers/ingest/ingest-fixtures.ts";
import type { SplitShareWire, SplitSheetWire } from "./splits-contract.ts";

let artist: Caller;
let trackId: string;
let path: string;

beforeAll(async () => {
  artist = await newCaller("artist");
  const release = await newRelease(artist);
  trackId = (await announce(artist, { releaseId: release.id, bytes: noise(100, 1) })).upload.track_id;
  path = `/v1/ingest/tracks/${trackId}/splits`;
});

const HALVES: readonly SplitShareWire[] = [
  { party: "Ada", role: "performer", basis_points: 5_000 },
  { party: "Ben", role: "composer", basis_points: 5_000 },
];

function put(shares: readonly SplitShareWire[], headers: Record<string, string> = {}): Promise<Response> {
  return call("PUT", path, { as: artist, body: { shares }, headers });
}

function read(query = ""): Promise<SplitSheetWire> {
  return answered<SplitSheetWire>(call("GET", path + query, { as: artist }), 200);
}

describe("split sheets", () => {
  it("are empty until something is agreed, and then versions that are kept [ING-97]", async () => {
    expect(await read()).toEqual({ version: 0, effective_at: null, shares: [], etag: '"0"' });
    const first = await answered<SplitSheetWire>(put(HALVES), 200);
    expect(first).toMatchObject({ version: 1, shares: HALVES });
    expect(Math.abs(Date.parse(first.effective_at ?? "") - Date.now())).toBeLessThan(10_000);
    // Sent again it is the same agreement, not another.
    expect(await answered(put(HALVES), 200)).toEqual(first);
    const whole: readonly SplitShareWire[] = [{ party: "Ada", role: "performer", basis_points: 10_000 }];
    expect(await answered(put(whole), 200)).toMatchObject({ version: 2, shares: whole });
    expect(await read("?version=1")).toEqual(first);
    await refused(call("GET", `${path}?version=3`, { as: artist }), 404, "not-found");
  });

  it("are not changed by one who has not seen the present one [ING-97]", async () => {
    const { etag, version } = await read();
    const other: readonly SplitShareWire[] = [{ party: "Cleo", role: "label", basis_points: 10_000 }];
    await refused(put(other, { "if-match": '"0"' }), 412, "precondition-failed");
    expect((await read()).version).toBe(version);
    await answered(put(other, { "if-match": etag }), 200);
    const both = await Promise.all([put(HALVES), put([{ party: "Dee", role: "other", basis_points: 10_000 }])]);
    for (const answer of both) await answered(answer, 200);
    expect((await read()).version).toBe(version + 3);
  });

  it("that do not share the whole are refused with what is wrong [ING-96]", async () => {
    const problem = await refused(put(HALVES.slice(1)), 422, "unprocessable");
    expect(problem.errors).toEqual([{ path: "shares", message: "the shares are 5000 basis points, not 10000" }]);
    await refused(put([{ party: "Ada", role: "performer", basis_points: 0.5 }]), 400, "bad-request");
  });

  it("are the owner's alone, and cannot be changed beneath [ING-97]", async () => {
    const stranger = await newCaller("artist");
    await refused(call("GET", path, { as: stranger }), 404, "not-found");
    await refused(call("PUT", path, { as: stranger, body: { shares: HALVES } }), 404, "not-found");
    for (const statement of ["UPDATE split_shares SET basis_points = 1", "DELETE FROM split_sheets"]) {
      await expect(bindings.CATALOG_0.prepare(statement).run()).rejects.toThrow("a split sheet is never");
    }
  });
});
