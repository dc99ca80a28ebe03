/**
 * The life of an upload, from the promise of a file to music that listeners can play. The table below is the only
 * place that says which step may follow which; the database holds a copy and refuses what is not in it.
 */
export const UPLOAD_STATES = ["PENDING", "UPLOADED", "TRANSCODING", "READY", "PUBLISHED", "REJECTED"] as const;
export type UploadState = (typeof UPLOAD_STATES)[number];

export const UPLOAD_TRANSITIONS: Readonly<Record<UploadState, readonly UploadState[]>> = {
  // The bytes are still on their way.
  PENDING: ["UPLOADED", "REJECTED"],
  // All bytes are here and their SHA-256 is the one that was announced.
  UPLOADED: ["TRANSCODING", "REJECTED"],
  // A job holds the lease, or held one that ran out: the next claim goes on from here.
  TRANSCODING: ["READY", "REJECTED"],
  // Every rendition is stored. Waits for its release date.
  READY: ["PUBLISHED", "REJECTED"],
  // Terminal: another master is another upload.
  PUBLISHED: [],
  REJECTED: [],
};

export function canTransition(from: UploadState, to: UploadState): boolean {
  return UPLOAD_TRANSITIONS[from].includes(to);
}

/** Why an upload was rejected, in words its artist can act on. Codes are stable; texts may be reworded. */
export const REJECT_REASONS = {
  "checksum-mismatch": "The file that arrived is not the one that was announced. Upload it again.",
  "too-large": "The file is larger than was announced. Upload it again.",
  empty: "The file is empty. Export it again and upload the new file.",
  "not-audio": "This is not an audio file we can read. Upload WAV, AIFF, FLAC, ALAC, MP3, AAC or Ogg.",
  video: "This is a video. Export its sound as WAV or FLAC and upload that file.",
  archive: "This is an archive. Unpack it, and upload the audio files that are in it.",
  encrypted: "This file is locked by copy protection or a password. Upload the master without it.",
  truncated: "The file ends before its music does. Export it again and upload the new file.",
  corrupt: "Parts of the file cannot be decoded. Export it again and upload the new file.",
  "too-short": "The recording is shorter than one second. Check the export and upload the new file.",
  "too-long": "The recording is longer than six hours. Upload it in several parts.",
  "unusual-layout":
    "We take sample rates from 8 to 192 kHz and one to eight channels. Export the recording like that and upload it.",
  silent: "The recording is silent from beginning to end. Check the export and upload the new file.",
  "transcode-failed": "We could not make the renditions of this file after several tries. Upload it again, or ask us.",
  cancelled: "The upload was cancelled before the whole file had arrived.",
  abandoned: "The upload was begun and not finished in time. Upload it again.",
  withdrawn:
    "Rimshot took this very file down, so it cannot be published again, on this or any other release. " +
    "If you hold the rights in it, write to Rimshot's support: once they restore it, upload it again.",
  replaced: "Another file was announced for this track before this one had arrived.",
} as const;
export type RejectCode = keyof typeof REJECT_REASONS;

export function isRejectCode(text: string): text is RejectCode {
  return Object.hasOwn(REJECT_REASONS, text);
}
