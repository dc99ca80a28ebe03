/** Renames artists and changes tracks. What is searched for changes in the same batch. */
import type * as z from "zod";
import { parseIsrc } from "#domain/catalog/identifiers.ts";
import { nameKey } from "#domain/catalog/name-key.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { fieldProblem, ProblemError } from "#workers/shared/http/problem.ts";
import { getArtist, getTrack } from "./catalog-actions.ts";
import type { StudioArtist, StudioTrack } from "./catalog-contract.ts";
import {
  findOwnArtists,
  findOwnTrack,
  type RecordingRow,
  type StudioTrack as StudioTrackRow,
} from "./catalog-store.ts";
import { applyChange, type ChangeRequest, isSame } from "./conditional-change.ts";
import type { trackChange } from "./editing-contract.ts";
import * as store from "./editing-store.ts";

export async function changeArtist(env: IngestEnv, request: ChangeRequest, name: string): Promise<StudioArtist> {
  const database = catalogDatabase(env.CATALOG_0);
  const { id, principal } = request;
  const load = async () => {
    const [artist] = await findOwnArtists(database, principal.accountId, [id]);
    if (artist === undefined) throw new ProblemError("not-found");
    return artist;
  };
  await applyChange(request.ifMatch, load, async (artist) => {
    if (artist.name === name) return null;
    const renamed = { ...artist, name, nameKey: nameKey(name) };
    if (await store.hasTwin(env.CATALOG_0, renamed))
      throw fieldProblem("name", "this account has an artist of this name");
    return () => store.renameArtist(env.CATALOG_0, renamed);
  });
  return getArtist(env, principal, id);
}

type TrackRequest = z.output<typeof trackChange>;

export async function changeTrack(env: IngestEnv, request: ChangeRequest, change: TrackRequest): Promise<StudioTrack> {
  const database = catalogDatabase(env.CATALOG_0);
  const { id, principal } = request;
  const load = async () => {
    const track = await findOwnTrack(database, principal.accountId, id);
    if (track === null) throw new ProblemError("not-found");
    return { ...track, version: track.recording.version };
  };
  await applyChange(request.ifMatch, load, async (track) => {
    const next = changedTrack(track, change);
    if (isSame(next, currentTrack(track))) return null;
    await requireOwnArtists(env, request, change.artist_ids);
    await requireFreePlace(env, track.recording, next.recording);
    const formerArtistIds = track.artists.map((artist) => artist.id);
    return () => store.updateTrack(env.CATALOG_0, { ...next, formerArtistIds });
  });
  return getTrack(env, principal, id);
}

function currentTrack({ recording, artists, credits }: StudioTrackRow): store.TrackUpdate {
  return { recording, artistIds: artists.map((artist) => artist.id), credits };
}

function changedTrack(track: StudioTrackRow, change: TrackRequest): store.TrackUpdate {
  const { recording, artistIds, credits } = currentTrack(track);
  return {
    recording: {
      ...recording,
      title: change.title ?? recording.title,
      discNumber: change.disc_number ?? recording.discNumber,
      trackNumber: change.track_number ?? recording.trackNumber,
      isrc: change.isrc === undefined ? recording.isrc : requireIsrc(change.isrc, "isrc"),
      explicit: change.explicit ?? recording.explicit,
    },
    artistIds: change.artist_ids === undefined ? artistIds : [...new Set(change.artist_ids)],
    credits: change.credits ?? credits,
  };
}

/** Null for none. Throws, naming the field, where it is no ISRC. */
export function requireIsrc(text: string | null, field: string): string | null {
  if (text === null) return null;
  const isrc = parseIsrc(text);
  if (isrc === null) throw fieldProblem(field, "an ISRC is two letters, three letters or digits, and seven digits");
  return isrc;
}

async function requireOwnArtists(
  env: IngestEnv,
  { principal }: ChangeRequest,
  artistIds: readonly string[] | undefined,
): Promise<void> {
  const ids = [...new Set(artistIds ?? [])];
  const found = await findOwnArtists(catalogDatabase(env.CATALOG_0), principal.accountId, ids);
  if (found.length < ids.length) throw fieldProblem("artist_ids", "this account has no such artist");
}

async function requireFreePlace(env: IngestEnv, before: RecordingRow, after: RecordingRow): Promise<void> {
  if (before.discNumber === after.discNumber && before.trackNumber === after.trackNumber) return;
  if (!(await store.isPlaceTaken(env.CATALOG_0, after))) return;
  const { discNumber, trackNumber } = after;
  throw fieldProblem("track_number", `the release has a track ${trackNumber} on disc ${discNumber} already`);
}
