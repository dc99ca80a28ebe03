/**
 * One playlist: its items, its versions, and the sockets of those who watch it. Everything that changes it runs through
 * this object, one edit after the other, so that all see the same edits in the same order.
 */
import { DurableObject } from "cloudflare:workers";
import type { AccountId } from "#domain/foundation/ids.ts";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import {
  applyEdit,
  type ChangeDetailsEdit,
  type EditFault,
  type PlaylistChange,
  type PlaylistEdit,
  permissionFor,
} from "#domain/playlists/edits.ts";
import {
  checkPermission,
  type PermissionFault,
  type PlaylistPermission,
  permissionOf,
} from "#domain/playlists/permissions.ts";
import {
  type DetailsFault,
  newPlaylist,
  type PlaylistDetails,
  type PlaylistItem,
  type PlaylistMeta,
} from "#domain/playlists/playlist.ts";
import { requestFingerprint } from "#domain/playlists/request-fingerprint.ts";
import {
  CLOSE_NORMAL,
  CLOSE_POLICY_VIOLATION,
  encodeMessage,
  PING,
  PLAYLIST_SOCKETS_MAX,
  PLAYLIST_SUBPROTOCOL,
  PONG,
  toWireEdit,
  WATCHER_ACCOUNT_HEADER,
} from "./playlist-protocol.ts";
import { PlaylistStorage } from "./playlist-storage.ts";

export interface PlaylistActor {
  readonly accountId: AccountId;
  /** As the account calls itself. */
  readonly name: string;
}

export type ItemsEdit = Exclude<PlaylistEdit, ChangeDetailsEdit>;

export interface EditRequest {
  readonly edit: ItemsEdit;
  /** The account's name for this edit: under it, the edit is made once. */
  readonly opId: string | null;
}

export type PlaylistFault = PermissionFault | EditFault | { readonly kind: "op-id-reused" };

export interface PlaylistPage {
  readonly meta: PlaylistMeta;
  readonly items: readonly PlaylistItem[];
  /** What stands first, whatever the page: its cover is the playlist's. */
  readonly firstItem: PlaylistItem | null;
}

/** What a socket keeps while the object sleeps. */
interface Watcher {
  /** Null for somebody not signed in. */
  readonly accountId: string | null;
}

export class PlaylistObject extends DurableObject<RealtimeEnv> {
  readonly #storage: PlaylistStorage;

  constructor(ctx: DurableObjectState, env: RealtimeEnv) {
    super(ctx, env);
    this.#storage = new PlaylistStorage(ctx.storage);
    // Answered without waking the object, so that a client can tell a quiet playlist from a dead connection.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
  }

  /** For readiness: an object starts and answers. */
  ping(): typeof PONG {
    return PONG;
  }

  /** Makes the playlist; asked again by its owner, gives it as it is now. */
  create(owner: PlaylistActor, details: PlaylistDetails): Result<PlaylistMeta, DetailsFault | { kind: "taken" }> {
    const present = this.#storage.readMeta();
    if (present !== null) return present.ownerAccountId === owner.accountId ? ok(present) : err({ kind: "taken" });
    const created = newPlaylist(owner, details, Date.now());
    if (created.ok) this.#storage.create(created.value);
    return created;
  }

  read(
    actor: PlaylistActor | null,
    page: { readonly offset: number; readonly limit: number },
  ): Result<PlaylistPage, PermissionFault> {
    const access = this.#access(actor?.accountId ?? null, "read");
    if (!access.ok) return access;
    const items = this.#storage.slice(page.offset, page.limit);
    const firstItem = (page.offset === 0 ? items[0] : undefined) ?? this.#storage.slice(0, 1)[0] ?? null;
    return ok({ meta: access.value, items, firstItem });
  }

  async edit(actor: PlaylistActor, { edit, opId }: EditRequest): Promise<Result<{ version: number }, PlaylistFault>> {
    // Before anything is read: from there to the commit nothing may wait, or another edit could come between.
    const name = opId === null ? null : { opId, requestSha256: await requestFingerprint(edit) };
    return this.#edit(actor, edit, name);
  }

  changeDetails(actor: PlaylistActor, changes: Partial<PlaylistDetails>): Result<{ version: number }, PlaylistFault> {
    return this.#edit(actor, { kind: "change-details", changes }, null);
  }

  async delete(actor: PlaylistActor): Promise<Result<null, PermissionFault>> {
    const access = this.#access(actor.accountId, "own");
    if (!access.ok) return access;
    await this.#storage.destroy();
    for (const socket of this.ctx.getWebSockets()) dismiss(socket);
    return ok(null);
  }

  /** WebSocket upgrades only, from the door that has verified the account it names. */
  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return new Response(null, { status: 426 });
    const watcher: Watcher = { accountId: request.headers.get(WATCHER_ACCOUNT_HEADER) };
    const access = this.#access(watcher.accountId, "read");
    if (!access.ok) return new Response(null, { status: 404 });
    if (this.ctx.getWebSockets().length >= PLAYLIST_SOCKETS_MAX) return new Response(null, { status: 503 });
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    server.serializeAttachment(watcher);
    server.send(encodeMessage({ type: "hello", version: access.value.version }));
    const headers = { "sec-websocket-protocol": PLAYLIST_SUBPROTOCOL };
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  override webSocketMessage(socket: WebSocket): void {
    socket.close(CLOSE_POLICY_VIOLATION, "edits are made over HTTP; only ping is answered here");
  }

  #access(accountId: string | null, needed: PlaylistPermission): Result<PlaylistMeta, PermissionFault> {
    const meta = this.#storage.readMeta();
    if (meta === null) return err({ kind: "not-found" });
    const fault = checkPermission(permissionOf(meta, accountId), needed);
    return fault === null ? ok(meta) : err(fault);
  }

  #edit(
    actor: PlaylistActor,
    edit: PlaylistEdit,
    name: { readonly opId: string; readonly requestSha256: string } | null,
  ): Result<{ version: number }, PlaylistFault> {
    const { accountId } = actor;
    const access = this.#access(accountId, permissionFor(edit));
    if (!access.ok) return access;
    const first = name === null ? null : this.#storage.findEdit(accountId, name.opId);
    if (first !== null) {
      return first.requestSha256 === name?.requestSha256
        ? ok({ version: first.version })
        : err({ kind: "op-id-reused" });
    }
    const nowMs = Date.now();
    const random = (sizeBytes: number) => crypto.getRandomValues(new Uint8Array(sizeBytes));
    const result = applyEdit({ meta: access.value, items: this.#storage }, edit, { nowMs, accountId, random });
    if (!result.ok) return result;
    this.#storage.commit(result.value, { accountId, name, madeAt: nowMs });
    this.#announce(result.value, accountId, name?.opId ?? null);
    return ok({ version: result.value.meta.version });
  }

  /** Tells every watcher; those who may no longer read the list are told that it is gone, as they would find it. */
  #announce({ meta, committed }: PlaylistChange, by: AccountId, opId: string | null): void {
    const message = encodeMessage({
      type: "edited",
      version: meta.version,
      op_id: opId,
      by,
      edit: toWireEdit(committed),
    });
    for (const socket of this.ctx.getWebSockets()) {
      const { accountId } = socket.deserializeAttachment() as Watcher;
      if (permissionOf(meta, accountId) === "none") dismiss(socket);
      else send(socket, message);
    }
  }
}

function dismiss(socket: WebSocket): void {
  send(socket, encodeMessage({ type: "deleted" }));
  socket.close(CLOSE_NORMAL, "deleted");
}

/** A socket that is closing is still listed, and refuses what is sent; its client is leaving anyway. */
function send(socket: WebSocket, message: string): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(message);
}
