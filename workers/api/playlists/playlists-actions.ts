/** What listeners do with playlists: the playlist's object decides and keeps, the catalog says what its tracks are. */
import { roleMeetsPolicy } from "#domain/accounts/roles.ts";
import type { PlaylistId, RecordingId } from "#domain/foundation/ids.ts";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import { fingerprintOf } from "#domain/foundation/sha256.ts";
import type { AddEdit } from "#domain/playlists/edits.ts";
import type { PermissionFault } from "#domain/playlists/permissions.ts";
import { type DetailsFault, PLAYLISTS_PER_ACCOUNT_MAX, type PlaylistDetails } from "#domain/playlists/playlist.ts";
import type {
  EditRequest,
  PlaylistActor,
  PlaylistFault,
  PlaylistPage,
} from "#durable-objects/playlists/playlist-object.ts";
import { loadTracks, type Market } from "#workers/api/catalog/catalog-actions.ts";
import { toPage } from "#workers/api/catalog/catalog-wire.ts";
import type { Principal } from "#workers/shared/auth/access-token.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import type { Playlist, PlaylistRef } from "./playlists-contract.ts";
import { type PageRequest, toItemsPage, toPlaylistRef } from "./playlists-wire.ts";

export type CreateFault =
  | DetailsFault
  | { readonly kind: "key-reused" }
  | { readonly kind: "taken" }
  | { readonly kind: "playlists-full"; readonly playlistsMax: number };

/** `indexes` are those of the tracks that the catalog does not have. */
export type AddFault = PlaylistFault | { readonly kind: "unknown-tracks"; readonly indexes: readonly number[] };

export interface CreateRequest {
  readonly details: PlaylistDetails;
  readonly idempotencyKey: string;
}

/** Null for who is not signed in, and for credentials that are nobody's, such as a job's. */
export function actorOf(principal: Principal | null): PlaylistActor | null {
  if (principal === null || !roleMeetsPolicy(principal.role, "listener")) return null;
  return { accountId: principal.accountId, name: principal.name };
}

/**
 * Makes a playlist, or finds the one that the same key made. Each step can be made again, so that a request which broke
 * off half-way is finished by the next with its key.
 */
export async function createPlaylist(
  env: ApiEnv,
  principal: Principal,
  { details, idempotencyKey }: CreateRequest,
): Promise<Result<PlaylistRef, CreateFault>> {
  const listener = env.LISTENERS.getByName(principal.accountId);
  const fingerprint = await fingerprintOf(details);
  const claim = await listener.claimPlaylistId(idempotencyKey, fingerprint, freshId<PlaylistId>());
  if ("conflict" in claim) return err({ kind: "key-reused" });
  if ("full" in claim) return err({ kind: "playlists-full", playlistsMax: PLAYLISTS_PER_ACCOUNT_MAX });
  const owner = { accountId: principal.accountId, name: principal.name };
  const created = await env.PLAYLISTS.getByName(claim.id).create(owner, details);
  if (!created.ok) return created;
  await listener.rememberPlaylist(claim.id, created.value.createdAt);
  return ok(toPlaylistRef(claim.id, created.value, undefined));
}

export async function listMyPlaylists(env: ApiEnv, principal: Principal, page: PageRequest, market: Market) {
  const listener = env.LISTENERS.getByName(principal.accountId);
  const { ids, total } = await listener.listPlaylists(page.limit, page.offset);
  const reads = await Promise.all(
    ids.map(async (id) => ({ id, read: await readPlaylist(env, id, principal, { limit: 1, offset: 0 }) })),
  );
  const present = reads.flatMap(({ id, read }) => (read.ok ? [{ id, page: read.value }] : []));
  // A deletion that broke off after the object was gone left its id in this list.
  const gone = reads.filter(({ read }) => !read.ok);
  await Promise.all(gone.map(({ id }) => listener.forgetPlaylist(id)));
  const firstIds = present.flatMap(({ page: { firstItem } }) => firstItem?.recordingId ?? []);
  const tracks = await loadTracks(env, [...new Set(firstIds)], market);
  return toPage(
    "/v1/me/playlists",
    page,
    { rows: present, total: total - gone.length },
    ({ id, page: { meta, firstItem } }) =>
      toPlaylistRef(id, meta, firstItem === null ? undefined : tracks.get(firstItem.recordingId)),
  );
}

export interface ReadRequest {
  readonly id: string;
  readonly principal: Principal | null;
  readonly page: PageRequest;
  readonly market: Market;
}

export async function loadPlaylist(env: ApiEnv, request: ReadRequest): Promise<Result<Playlist, PermissionFault>> {
  const { id, page } = request;
  const read = await readPlaylist(env, id, request.principal, page);
  if (!read.ok) return read;
  const { meta, items, firstItem } = read.value;
  const recordingIds = [...items, ...(firstItem === null ? [] : [firstItem])].map((item) => item.recordingId);
  const tracks = await loadTracks(env, [...new Set(recordingIds)], request.market);
  const firstTrack = firstItem === null ? undefined : tracks.get(firstItem.recordingId);
  const itemsPage = toItemsPage(id, page, { items, total: meta.itemCount }, tracks);
  return ok({ ...toPlaylistRef(id, meta, firstTrack), tracks: itemsPage });
}

async function readPlaylist(
  env: ApiEnv,
  id: string,
  principal: Principal | null,
  page: PageRequest,
): Promise<Result<PlaylistPage, PermissionFault>> {
  const { offset, limit } = page;
  return env.PLAYLISTS.getByName(id).read(actorOf(principal), { offset, limit });
}

export interface AddRequest {
  readonly recordingIds: readonly RecordingId[];
  readonly position: number | null;
  readonly opId: string | null;
  readonly market: Market;
}

/** Adds tracks that the catalog has; the version that they came with, or why not. */
export async function addTracks(
  env: ApiEnv,
  id: string,
  principal: Principal,
  { recordingIds, position, opId, market }: AddRequest,
): Promise<Result<{ version: number }, AddFault>> {
  const tracks = await loadTracks(env, [...new Set(recordingIds)], market);
  const indexes = recordingIds.flatMap((recordingId, index) => (tracks.has(recordingId) ? [] : [index]));
  if (indexes.length > 0) return err({ kind: "unknown-tracks", indexes });
  const edit: AddEdit = { kind: "add", recordingIds, position };
  return editPlaylist(env, id, principal, { edit, opId });
}

export async function editPlaylist(
  env: ApiEnv,
  id: string,
  principal: Principal,
  request: EditRequest,
): Promise<Result<{ version: number }, PlaylistFault>> {
  const { accountId, name } = principal;
  return env.PLAYLISTS.getByName(id).edit({ accountId, name }, request);
}

export async function changePlaylist(
  env: ApiEnv,
  id: string,
  principal: Principal,
  changes: Partial<PlaylistDetails>,
): Promise<Result<{ version: number }, PlaylistFault>> {
  const { accountId, name } = principal;
  return env.PLAYLISTS.getByName(id).changeDetails({ accountId, name }, changes);
}

/** The object goes first: an id left in the owner's list heals when it is next read, a lost object would not. */
export async function deletePlaylist(
  env: ApiEnv,
  id: PlaylistId,
  principal: Principal,
): Promise<Result<null, PermissionFault>> {
  const { accountId, name } = principal;
  const deleted = await env.PLAYLISTS.getByName(id).delete({ accountId, name });
  if (!deleted.ok) return deleted;
  await env.LISTENERS.getByName(accountId).forgetPlaylist(id);
  return ok(null);
}
