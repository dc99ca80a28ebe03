/**
 * Which object counts a playback. All events of one playback reach the same object, since the name is made of what
 * the play token says; a month's objects can be put away together when the month is closed for good.
 */
import type { PlaybackFacts } from "./play-event.ts";

const PLAY_SHARDS_PER_MONTH = 256;

const FNV_OFFSET_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const MONTH_LENGTH = "2026-11".length;

/** `2026-11:<0..255>`: the UTC month in which the playback began, and the hash of its subject. */
export function playShardName({ subjectId, issuedAtMs }: Pick<PlaybackFacts, "subjectId" | "issuedAtMs">): string {
  const month = new Date(issuedAtMs).toISOString().slice(0, MONTH_LENGTH);
  return `${month}:${fnv1a(subjectId) % PLAY_SHARDS_PER_MONTH}`;
}

/** 32-bit FNV-1a of ASCII text. */
function fnv1a(text: string): number {
  let hash = FNV_OFFSET_BASIS;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME) >>> 0;
  return hash;
}
