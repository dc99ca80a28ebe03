/** HLS (RFC 8216) for renditions that are one file each: segments are byte ranges of it. */
import {
  AAC_CODECS,
  averageBandwidth,
  peakBandwidth,
  type Segment,
  type SegmentIndex,
  targetDurationSeconds,
} from "./segment-index.ts";

export const HLS_MIME_TYPE = "application/vnd.apple.mpegurl";

/** EXT-X-MAP outside of I-frame playlists needs 6 (section 7); fragmented MP4 goes by 7 with Apple's players. */
const PROTOCOL_VERSION = 7;

export interface HlsVariant {
  /** Of the variant's own playlist. */
  readonly url: string;
  readonly index: SegmentIndex;
}

/** Variants in the order of preference. Those alike but for their URL are each other's stand-ins (section 4.3.4.2). */
export function hlsMasterPlaylist(variants: readonly HlsVariant[]): string {
  const lines = variants.flatMap(({ url, index }) => [
    `#EXT-X-STREAM-INF:BANDWIDTH=${peakBandwidth(index)},AVERAGE-BANDWIDTH=${averageBandwidth(index)},CODECS="${AAC_CODECS}"`,
    url,
  ]);
  return playlist(["#EXT-X-INDEPENDENT-SEGMENTS", ...lines]);
}

/** The playlist of one rendition, whose every segment is a range of `url`. */
export function hlsMediaPlaylist(url: string, index: SegmentIndex): string {
  return playlist([
    `#EXT-X-TARGETDURATION:${targetDurationSeconds(index)}`,
    "#EXT-X-MEDIA-SEQUENCE:0",
    "#EXT-X-PLAYLIST-TYPE:VOD",
    "#EXT-X-INDEPENDENT-SEGMENTS",
    `#EXT-X-MAP:URI="${url}",BYTERANGE="${index.initBytes}@0"`,
    ...index.segments.flatMap((segment) => segmentLines(url, segment)),
    "#EXT-X-ENDLIST",
  ]);
}

function segmentLines(url: string, { durationMs, offset, sizeBytes }: Segment): string[] {
  return [`#EXTINF:${(durationMs / 1_000).toFixed(3)},`, `#EXT-X-BYTERANGE:${sizeBytes}@${offset}`, url];
}

function playlist(lines: readonly string[]): string {
  return `${["#EXTM3U", `#EXT-X-VERSION:${PROTOCOL_VERSION}`, ...lines].join("\n")}\n`;
}
