/** From a master to manifests: what the playlists name of a real file is what the file has there. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hlsMediaPlaylist } from "#domain/delivery/hls-playlists.ts";
import { parsePlaylist } from "#domain/delivery/manifest-readers-testing.ts";
import { readSeekTable } from "#domain/delivery/seek-table.ts";
import { segmentIndexOf } from "#domain/delivery/segment-index.ts";
import { LADDER } from "#domain/ingest/ladder.ts";
import { type FixtureFolder, fixtureFolder, music } from "./audio-fixtures.ts";
import { checkMaster } from "./check-master.ts";
import { encodeRendition } from "./encode-rendition.ts";

const SECONDS = 13.1;
const never = new AbortController().signal;

let folder: FixtureFolder;

beforeAll(() => {
  folder = fixtureFolder();
});
afterAll(() => folder.remove());

const boxAt = (bytes: Buffer, offset: number) => bytes.toString("latin1", offset + 4, offset + 8);

describe.each(LADDER.filter(({ codec }) => codec === "aac"))("$id", (profile) => {
  it("has in its playlist the segments that its file has, and its length [TRC-17] [MAN-1] [MAN-2]", async () => {
    const path = folder.make("master.wav", ...music(SECONDS));
    const master = await checkMaster(path, readFileSync(path).length, never);
    if (!master.ok) throw new Error(master.error.detail);
    const { path: made, report } = await encodeRendition({ profile, master: master.value, folder: folder.path }, never);
    const bytes = readFileSync(made);
    const index = segmentIndexOf({
      sizeBytes: report.size_bytes,
      sampleRate: report.sample_rate,
      totalFrames: report.total_frames,
      headerBytes: report.header_bytes,
      seekPoints: readSeekTable(report.seek_table ?? ""),
    });
    if (index === null) throw new Error("no segments");
    expect(boxAt(bytes, index.initBytes)).toBe("sidx");
    const { segments, targetDuration } = parsePlaylist(hlsMediaPlaylist("x", index));
    expect(targetDuration).toBe(4);
    expect(segments.map(({ byterange }) => boxAt(bytes, byterange.offset))).toEqual(segments.map(() => "moof"));
    const total = segments.reduce((sum, { duration }) => sum + duration, 0);
    expect(total).toBeCloseTo(SECONDS, 3);
    expect(index.segments.reduce((at, { sizeBytes }) => at + sizeBytes, index.segments[0].offset)).toBe(bytes.length);
  });
});
