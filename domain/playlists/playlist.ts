/** What a playlist is, and how large one may be. Specified in docs/specs/playlists.md. */
import type { AccountId, PlaylistItemId, RecordingId } from "#domain/foundation/ids.ts";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import type { EpochMs } from "#domain/foundation/time.ts";

export const PLAYLIST_NAME_MAX = 100;
export const PLAYLIST_DESCRIPTION_MAX = 300;
/** Playlists of one account. Requests that come at the same moment may pass it together by their number. */
export const PLAYLISTS_PER_ACCOUNT_MAX = 5_000;
/** As many as a page's offset can reach. */
export const PLAYLIST_ITEMS_MAX = 10_000;
/** How many items one edit may add, name or move. */
export const PLAYLIST_EDIT_ITEMS_MAX = 100;

export interface PlaylistDetails {
  readonly name: string;
  readonly description: string;
  /** Anyone who has the link may read it. */
  readonly public: boolean;
  /** Anyone signed in who has the link may change its items. */
  readonly collaborative: boolean;
}

export interface PlaylistMeta extends PlaylistDetails {
  readonly ownerAccountId: AccountId;
  readonly ownerName: string;
  readonly createdAt: EpochMs;
  /** 1 when it is made; every edit adds 1. */
  readonly version: number;
  readonly itemCount: number;
}

/** One place in the list: the same recording may stand in several. */
export interface PlaylistItem {
  readonly itemId: PlaylistItemId;
  readonly recordingId: RecordingId;
  readonly addedBy: AccountId;
  readonly addedAt: EpochMs;
  /** The version that this place came with; moving it does not change that. */
  readonly addedVersion: number;
  /** A fractional index: items stand in the order of these texts, then of their ids. */
  readonly orderKey: string;
}

/**
 * What an edit reads of the list. It is an interface so that the rules can run over an object's storage and read
 * only the rows they need; every implementation passes the same suite.
 */
export interface PlaylistItems {
  /** Items as they stand now, from a position. */
  slice(offset: number, limit: number): readonly PlaylistItem[];
  /** Those of the ids that stand now, in any order. */
  byIds(itemIds: readonly PlaylistItemId[]): readonly PlaylistItem[];
  /** Every place that holds one of the recordings now, in any order. */
  ofRecordings(recordingIds: readonly RecordingId[]): readonly PlaylistItem[];
  /** The items before one, nearest first; before the end of the list where the anchor is null. */
  before(anchor: PlaylistItem | null, limit: number): readonly PlaylistItem[];
  /** How many items stood there at a version; null where that version is not kept. */
  countAt(version: number): number | null;
  /** Ids as they stood at a version that is kept, from a position. */
  idsAt(version: number, offset: number, limit: number): readonly PlaylistItemId[];
}

export type DetailsFault = { readonly kind: "details-length"; readonly field: "name" | "description" };

export function checkDetails(details: Pick<PlaylistDetails, "name" | "description">): DetailsFault | null {
  const { name, description } = details;
  if (name.length === 0 || name.length > PLAYLIST_NAME_MAX) return { kind: "details-length", field: "name" };
  if (description.length > PLAYLIST_DESCRIPTION_MAX) return { kind: "details-length", field: "description" };
  return null;
}

export function newPlaylist(
  owner: { readonly accountId: AccountId; readonly name: string },
  details: PlaylistDetails,
  nowMs: EpochMs,
): Result<PlaylistMeta, DetailsFault> {
  const fault = checkDetails(details);
  if (fault !== null) return err(fault);
  return ok({
    name: details.name,
    description: details.description,
    public: details.public,
    collaborative: details.collaborative,
    ownerAccountId: owner.accountId,
    ownerName: owner.name,
    createdAt: nowMs,
    version: 1,
    itemCount: 0,
  });
}

/** Orders two items as the list does. Keys and ids are ASCII, so that this is the order of bytes in SQLite too. */
export function compareItems(a: PlaylistItem, b: PlaylistItem): number {
  return compareText(a.orderKey, b.orderKey) || compareText(a.itemId, b.itemId);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
