/**
 * Where the segments of a fragmented MP4 rendition lie. The transcode job has read them from the file's own index
 * (`sidx`) and held the two together; HLS playlists and DASH manifests are written from this alone.
 */

/** AAC-LC (RFC 6381), which is what is kept in fragments. */
export const AAC_CODECS = "mp4a.40.2";

/** A row of the catalog's table of renditions, of which only fragmented ones have segments. */
export interface IndexedFile {
  readonly sizeBytes: number;
  readonly sampleRate: number;
  readonly totalFrames: number;
  /** The length of the initialization segment; the index follows it. Null where it was not measured. */
  readonly headerBytes: number | null;
  /** [time in ms, byte offset] of each fragment. */
  readonly seekPoints: readonly (readonly [number, number])[];
}

export interface Segment {
  readonly startMs: number;
  readonly durationMs: number;
  readonly offset: number;
  readonly sizeBytes: number;
}

export interface SegmentIndex {
  /** Bytes 0 to this, exclusive, are the initialization segment. */
  readonly initBytes: number;
  /** The index lies from `initBytes` to the first segment. */
  readonly segments: readonly [Segment, ...Segment[]];
  readonly durationMs: number;
}

/** Null where the file has no segments, or its table is not one of segments that follow one another to its end. */
export function segmentIndexOf(file: IndexedFile): SegmentIndex | null {
  const { headerBytes, sizeBytes, seekPoints } = file;
  const durationMs = Math.round((file.totalFrames * 1_000) / file.sampleRate);
  if (headerBytes === null || !(seekPoints[0]?.[0] === 0 && headerBytes < seekPoints[0][1])) return null;
  const segments = seekPoints.map(([startMs, offset], index): Segment => {
    const [endMs, end] = seekPoints[index + 1] ?? [durationMs, sizeBytes];
    return { startMs, durationMs: endMs - startMs, offset, sizeBytes: end - offset };
  });
  const [first, ...rest] = segments;
  const isInOrder = segments.every((segment) => segment.durationMs > 0 && segment.sizeBytes > 0);
  if (first === undefined || !isInOrder) return null;
  return { initBytes: headerBytes, segments: [first, ...rest], durationMs };
}

/** RFC 8216, section 4.3.3.1: no segment is longer, when its duration is rounded to the nearest second. */
export function targetDurationSeconds({ segments }: SegmentIndex): number {
  return Math.max(1, ...segments.map((segment) => Math.round(segment.durationMs / 1_000)));
}

/**
 * In bits per second, the highest rate of any run of segments that lasts between half and one and a half target
 * durations (RFC 8216, section 4.1): a short last segment does not count by itself.
 */
export function peakBandwidth(index: SegmentIndex): number {
  const { segments } = index;
  const targetMs = targetDurationSeconds(index) * 1_000;
  let peak = 0;
  for (let first = 0; first < segments.length; first++) {
    let bytes = 0;
    let spanMs = 0;
    for (let last = first; last < segments.length; last++) {
      const { sizeBytes, durationMs } = segments[last] ?? segments[0];
      bytes += sizeBytes;
      spanMs += durationMs;
      if (spanMs > targetMs * 1.5) break;
      if (spanMs >= targetMs / 2) peak = Math.max(peak, (bytes * 8_000) / spanMs);
    }
  }
  // A recording shorter than half a target duration has no such run: its whole is the one there is.
  return Math.ceil(peak === 0 ? exactAverage(index) : peak);
}

/** In bits per second, over the whole. */
export function averageBandwidth(index: SegmentIndex): number {
  return Math.ceil(exactAverage(index));
}

function exactAverage({ segments, durationMs }: SegmentIndex): number {
  return (segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) * 8_000) / durationMs;
}
