/**
 * The rendition ladder: every form in which a recording is kept for listeners. The transcode job makes what is
 * listed here and the catalog serves what was made; to add a rung is to add a line.
 */
export type LadderCodec = "opus" | "vorbis" | "flac" | "mp3" | "aac";

export interface LadderProfile {
  readonly id: string;
  readonly codec: LadderCodec;
  readonly mimeType: string;
  /** File name extension, without the dot. */
  readonly extension: string;
  /** The tier in kbit/s; 0 for lossless, whose rate follows the music. */
  readonly targetKbps: number;
  /**
   * True for what jobs of the version before do not make yet. A master without it counts as made: its recording plays
   * and does not offer the rung. The mark goes once no such job runs any more.
   */
  readonly isNew?: boolean;
}

export const LADDER: readonly LadderProfile[] = [
  { id: "opus-24", codec: "opus", mimeType: "audio/ogg", extension: "ogg", targetKbps: 24, isNew: true },
  { id: "vorbis-96", codec: "vorbis", mimeType: "audio/ogg", extension: "ogg", targetKbps: 96 },
  { id: "vorbis-160", codec: "vorbis", mimeType: "audio/ogg", extension: "ogg", targetKbps: 160 },
  { id: "vorbis-320", codec: "vorbis", mimeType: "audio/ogg", extension: "ogg", targetKbps: 320 },
  { id: "flac", codec: "flac", mimeType: "audio/flac", extension: "flac", targetKbps: 0 },
  { id: "mp3-320", codec: "mp3", mimeType: "audio/mpeg", extension: "mp3", targetKbps: 320 },
  { id: "aac-96", codec: "aac", mimeType: "audio/mp4", extension: "m4a", targetKbps: 96 },
  { id: "aac-160", codec: "aac", mimeType: "audio/mp4", extension: "m4a", targetKbps: 160 },
  { id: "aac-256", codec: "aac", mimeType: "audio/mp4", extension: "m4a", targetKbps: 256 },
];

/** A taste of the recording for those who have not decided yet. It is no rung: no playback offers it. */
export const PREVIEW: LadderProfile = {
  id: "preview",
  codec: "mp3",
  mimeType: "audio/mpeg",
  extension: "mp3",
  targetKbps: 96,
  isNew: true,
};

/** All that is made of a master. */
export const MADE_PROFILES: readonly LadderProfile[] = [...LADDER, PREVIEW];

/** What a master must have been made into before its recording may go out. */
export const REQUIRED_PROFILES: readonly LadderProfile[] = MADE_PROFILES.filter(({ isNew }) => isNew !== true);

export function ladderProfile(id: string): LadderProfile | undefined {
  return MADE_PROFILES.find((profile) => profile.id === id);
}
