/** Composes the demo catalog into files, track by track. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { EpochMs } from "#domain/foundation/time.ts";
import { composeScore } from "./composer.ts";
import { type DemoRelease, type DemoTrack, demoCatalog } from "./demo-catalog.ts";
import { contentTypeOf, type DemoContentType, encodeTrack } from "./encode-track.ts";
import { createStudio } from "./sound/studio.ts";
import { renderScore } from "./synth.ts";

export interface ComposedTrack {
  readonly release: DemoRelease;
  readonly track: DemoTrack;
  readonly path: string;
  readonly contentType: DemoContentType;
}

/**
 * Yields each track as soon as its file is written, the best release first; `outDir` is made if need be and files of
 * the same name are replaced. The same `nowMs` day gives the same audio, dates and tags.
 */
export async function* composeDemo(options: { outDir: string; nowMs: EpochMs }): AsyncGenerator<ComposedTrack> {
  const studio = createStudio();
  await mkdir(options.outDir, { recursive: true });
  for (const release of demoCatalog(options.nowMs)) {
    for (const track of release.tracks) {
      const path = join(options.outDir, `${track.isrc}.${track.format}`);
      await encodeTrack(path, track.format, renderScore(composeScore(track), track.seed, studio), {
        title: track.title,
        artist: release.artist,
        album: release.title,
        track: `${track.trackNumber}/${release.tracks.length}`,
        isrc: track.isrc,
        date: new Date(release.releaseAt).toISOString().slice(0, "2026-11-23".length),
      });
      yield { release, track, path, contentType: contentTypeOf(track.format) };
    }
  }
}
