/** Scripts import no values of Workers, so what the importer keeps to is held against the contracts here. */
import { describe, expect, it } from "vitest";
import {
  COVER_BYTES_MAX as CONTRACT_COVER_BYTES_MAX,
  createRelease,
} from "#workers/ingest/catalog/catalog-contract.ts";
import { createUpload } from "#workers/ingest/uploads/uploads-contract.ts";
import { COVER_BYTES_MAX } from "./cover-art.ts";
import { LABEL_LENGTH_MAX, TRACK_ARTISTS_MAX } from "./plan-releases.ts";
import { DISC_NUMBER_MAX, TRACK_NUMBER_MAX } from "./track-numbers.ts";

const ID = "0".repeat(22);

function takesRelease(fields: object): boolean {
  const release = { artist_id: ID, title: "T", release_at: "2020-01-01T00:00:00Z" };
  return createRelease.body.safeParse({ ...release, ...fields }).success;
}

function takesTrack(fields: object): boolean {
  const file = { name: "t.flac", size_bytes: 1, content_type: "audio/flac", sha256: "0".repeat(64) };
  const track = { title: "T", track_number: 1, ...fields };
  return createUpload.body.safeParse({ release_id: ID, track, file }).success;
}

describe("the importer's limits are the contracts' own", () => {
  it.each([
    ["label", LABEL_LENGTH_MAX, (max: number) => takesRelease({ label: "x".repeat(max) })],
    ["artists of a track", TRACK_ARTISTS_MAX, (max: number) => takesTrack({ artist_ids: Array(max).fill(ID) })],
    ["disc number", DISC_NUMBER_MAX, (max: number) => takesTrack({ disc_number: max })],
    ["track number", TRACK_NUMBER_MAX, (max: number) => takesTrack({ track_number: max })],
  ] as const)("for the %s", (_, max, takes) => {
    expect(takes(max)).toBe(true);
    expect(takes(max + 1)).toBe(false);
  });

  it("for the cover", () => {
    expect(COVER_BYTES_MAX).toBe(CONTRACT_COVER_BYTES_MAX);
  });
});
