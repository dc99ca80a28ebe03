/** Which rendition of a track to play, and how loud. */
import type { Rendition } from "#workers/api/plays/plays-contract.ts";

export const QUALITIES = ["low", "normal", "high", "lossless"] as const;
export type Quality = (typeof QUALITIES)[number];

/**
 * From the best fit to the last resort. AAC goes first where its tier has an equal in it: an audio element asks once for
 * a song in it, and three times for one in Ogg. The highest tier of AAC is smaller than Vorbis of the highest, which
 * therefore stays. MP3 plays everywhere.
 */
const PREFERENCES: Readonly<Record<Quality, readonly string[]>> = {
  low: ["aac-96", "vorbis-96", "aac-160", "vorbis-160", "aac-256", "mp3-320", "vorbis-320", "flac"],
  normal: ["aac-160", "vorbis-160", "aac-256", "vorbis-96", "aac-96", "mp3-320", "vorbis-320", "flac"],
  high: ["vorbis-320", "mp3-320", "aac-256", "vorbis-160", "aac-160", "vorbis-96", "aac-96", "flac"],
  lossless: ["flac", "vorbis-320", "mp3-320", "aac-256", "vorbis-160", "aac-160", "vorbis-96", "aac-96"],
};

/** The media types with their codecs: `audio/ogg` and `audio/mp4` alone may hold others. */
const TYPE_BY_CODEC: Readonly<Record<string, string>> = {
  opus: 'audio/ogg; codecs="opus"',
  vorbis: 'audio/ogg; codecs="vorbis"',
  aac: 'audio/mp4; codecs="mp4a.40.2"',
};

/** Firefox goes through fragments from the first on: a jump ahead in AAC waits for all that it jumps over. */
const READS_FRAGMENTS_THROUGH = /\bGecko\/\d/;

/** The rendition for a quality that this browser plays, or null where it plays none of them. */
export function chooseRendition(
  renditions: readonly Rendition[],
  quality: Quality,
  canPlayType: (type: string) => string,
  userAgent = navigator.userAgent,
): Rendition | null {
  const playable = renditions.filter((one) => canPlayType(TYPE_BY_CODEC[one.codec] ?? one.mime_type) !== "");
  const isAacLast = READS_FRAGMENTS_THROUGH.test(userAgent);
  const rank = (one: Rendition) => {
    const place = PREFERENCES[quality].indexOf(one.profile);
    if (place < 0) return Number.POSITIVE_INFINITY;
    return isAacLast && one.codec === "aac" ? place + PREFERENCES[quality].length : place;
  };
  return playable.reduce<Rendition | null>((best, one) => (best === null || rank(one) < rank(best) ? one : best), null);
}

export const LOUDNESS_TARGET_LUFS = -14;

/** The factor that brings a track to the target: quieter only, because louder would clip. */
export function loudnessGain(loudnessLufs: number | null): number {
  if (loudnessLufs === null) return 1;
  return Math.min(1, 10 ** ((LOUDNESS_TARGET_LUFS - loudnessLufs) / 20));
}

/** Hearing is not linear: the square of the slider's place sounds even along its way. */
export function elementVolume(sliderVolume: number, loudnessLufs: number | null): number {
  return Math.min(1, Math.max(0, sliderVolume)) ** 2 * loudnessGain(loudnessLufs);
}
