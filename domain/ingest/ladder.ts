/**
 * The rendition ladder: every form in which a recording is kept for listeners. The transcode job makes what is
 * listed here and the catalog serves what was made; to add a rung is to add a line.
 */
export type LadderCodec = "vorbis" | "flac" | "mp3" | "aac";

export interface LadderProfile {
  readonly id: string;
  readonly codec: LadderCodec;
  readonly mimeType: string;
  /** File name extension, without the dot. */
  readonly extension: string;
  /** The tier in kbit/s; 0 for lossless, whose rate follows the music. */
  readonly targetKbps: number;
}

export const LADDER: readonly LadderProfile[] = [
  { id: "vorbis-96", codec: "vorbis", mimeType: "audio/ogg", extension: "ogg", targetKbps: 96 },
  { id: "vorbis-160", codec: "vorbis", mimeType: "audio/ogg", extension: "ogg", targetKbps: 160 },
  { id: "vorbis-320", codec: "vorbis", mimeType: "audio/ogg", extension: "ogg", targetKbps: 320 },
  { id: "flac", codec: "flac", mimeType: "audio/flac", extension: "flac", targetKbps: 0 },
  { id: "mp3-320", codec: "mp3", mimeType: "audio/mpeg", extension: "mp3", targetKbps: 320 },
  { id: "aac-96", codec: "aac", mimeType: "audio/mp4", extension: "m4a", targetKbps: 96 },
  { id: "aac-160", codec: "aac", mimeType: "audio/mp4", extension: "m4a", targetKbps: 160 },
  { id: "aac-256", codec: "aac", mimeType: "audio/mp4", extension: "m4a", targetKbps: 256 },
];

export function ladderProfile(id: string): LadderProfile | undefined {
  return LADDER.find((profile) => profile.id === id);
}
