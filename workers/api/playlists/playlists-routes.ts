import type { PlaylistId, PlaylistItemId, RecordingId } from "#domain/foundation/ids.ts";
import type { Result } from "#domain/foundation/result.ts";
import type { PlaylistDetails } from "#domain/playlists/playlist.ts";
import { marketOf } from "#workers/api/catalog/catalog-actions.ts";
import type { RouteBinder } from "#workers/shared/http/bind-routes.ts";
import { fieldProblem, ProblemError } from "#workers/shared/http/problem.ts";
import * as actions from "./playlists-actions.ts";
import * as contract from "./playlists-contract.ts";
import { toSnapshotId } from "./playlists-wire.ts";

/** Whether a playlist is there depends on who asks, and it changes with every edit. */
const CACHE_CONTROL = { "cache-control": "private, no-cache" };

export function bindPlaylistsRoutes(binder: RouteBinder<ApiEnv>): void {
  bindCollection(binder);
  bindPlaylist(binder);
  bindTracks(binder);
}

function bindCollection({ bind }: RouteBinder<ApiEnv>): void {
  bind(contract.createPlaylist, async ({ principal, body, headers }, context) => {
    const request = { details: body, idempotencyKey: headers["idempotency-key"] };
    const created = accepted(await actions.createPlaylist(context.env, principal, request));
    return context.json(created, 201, { ...CACHE_CONTROL, location: created.href });
  });

  bind(contract.listMyPlaylists, async (input, context) => {
    const playlists = await actions.listMyPlaylists(
      context.env,
      input.principal,
      input.query,
      marketOf(context, input.principal),
    );
    return context.json(playlists, 200, CACHE_CONTROL);
  });
}

function bindPlaylist({ bind }: RouteBinder<ApiEnv>): void {
  bind(contract.getPlaylist, async (input, context) => {
    const { params, principal, query } = input;
    const request = { id: params.id, principal, page: query, market: marketOf(context, input.principal) };
    return context.json(accepted(await actions.loadPlaylist(context.env, request)), 200, CACHE_CONTROL);
  });

  bind(contract.changePlaylist, async ({ params, principal, body }, context) => {
    const changed = await actions.changePlaylist(context.env, params.id, principal, givenDetails(body));
    return context.json(toSnapshot(changed));
  });

  bind(contract.deletePlaylist, async ({ params, principal }, context) => {
    accepted(await actions.deletePlaylist(context.env, params.id as PlaylistId, principal));
    return context.body(null, 204);
  });
}

function bindTracks({ bind }: RouteBinder<ApiEnv>): void {
  bind(contract.getPlaylistTracks, async (input, context) => {
    const { params, principal, query } = input;
    const request = { id: params.id, principal, page: query, market: marketOf(context, input.principal) };
    return context.json(accepted(await actions.loadPlaylist(context.env, request)).tracks, 200, CACHE_CONTROL);
  });

  bind(contract.addPlaylistTracks, async (input, context) => {
    const { params, principal, body } = input;
    const added = await actions.addTracks(context.env, params.id, principal, {
      recordingIds: body.uris.map(recordingIdOf),
      position: body.position ?? null,
      opId: body.op_id ?? null,
      market: marketOf(context, input.principal),
    });
    return context.json(toSnapshot(added), 201);
  });

  bind(contract.reorderPlaylistTracks, async ({ params, principal, body }, context) => {
    const moved = await actions.editPlaylist(context.env, params.id, principal, {
      edit: {
        kind: "move",
        rangeStart: body.range_start,
        rangeLength: body.range_length,
        insertBefore: body.insert_before,
        asOfVersion: versionOf(body.snapshot_id),
      },
      opId: body.op_id ?? null,
    });
    return context.json(toSnapshot(moved));
  });

  bind(contract.removePlaylistTracks, async ({ params, principal, body }, context) => {
    const targets = body.tracks.map(({ uri, item_id }) => ({
      recordingId: recordingIdOf(uri),
      itemId: item_id === undefined ? null : (item_id as PlaylistItemId),
    }));
    const removed = await actions.editPlaylist(context.env, params.id, principal, {
      edit: { kind: "remove", targets, asOfVersion: versionOf(body.snapshot_id) },
      opId: body.op_id ?? null,
    });
    return context.json(toSnapshot(removed));
  });
}

function recordingIdOf(uri: string): RecordingId {
  return uri.slice(contract.TRACK_URI_PREFIX.length) as RecordingId;
}

function versionOf(snapshotId: string | undefined): number | null {
  return snapshotId === undefined ? null : Number(snapshotId);
}

function toSnapshot(result: Result<{ version: number }, actions.AddFault>): { snapshot_id: string } {
  return { snapshot_id: toSnapshotId(accepted(result).version) };
}

type GivenDetails = { readonly [Key in keyof PlaylistDetails]?: PlaylistDetails[Key] | undefined };

/** Only what was sent: a property that is there and undefined would overwrite. */
function givenDetails(body: GivenDetails): Partial<PlaylistDetails> {
  return {
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.description === undefined ? {} : { description: body.description }),
    ...(body.public === undefined ? {} : { public: body.public }),
    ...(body.collaborative === undefined ? {} : { collaborative: body.collaborative }),
  };
}

function accepted<Value>(result: Result<Value, actions.AddFault | actions.CreateFault>): Value {
  if (result.ok) return result.value;
  throw toProblem(result.error);
}

function toProblem(fault: actions.AddFault | actions.CreateFault): ProblemError {
  switch (fault.kind) {
    case "not-found":
      return new ProblemError("not-found");
    case "forbidden":
      return new ProblemError("forbidden", { detail: "This playlist is not shared with you for that." });
    case "stale-snapshot":
      return new ProblemError("conflict", {
        detail: "The snapshot is too old or not of this playlist: read it again.",
      });
    case "key-reused":
      return new ProblemError("idempotency-key-reused");
    case "op-id-reused":
      return new ProblemError("idempotency-key-reused", { detail: "You gave this op_id to another edit." });
    case "taken":
      return new ProblemError("conflict", { detail: "This id belongs to a playlist of another account." });
    case "playlists-full":
      return new ProblemError("unprocessable", {
        detail: `An account has at most ${fault.playlistsMax} playlists. Delete one that is not needed.`,
      });
    case "full":
      return new ProblemError("unprocessable", { detail: `A playlist holds at most ${fault.itemsMax} tracks.` });
    case "edit-size":
      return new ProblemError("unprocessable", { detail: `An edit names 1 to ${fault.itemsMax} tracks.` });
    case "details-length":
      return fieldProblem(fault.field, "is empty or too long");
    case "out-of-range":
      return fieldProblem(fault.field, "is outside the playlist");
    case "item-mismatch":
      return fieldProblem(`tracks.${fault.index}.item_id`, "holds another track");
    case "unknown-tracks":
      return fieldProblem(
        fault.indexes.map((index) => `uris.${index}`),
        "names no track in the catalog",
      );
  }
}
