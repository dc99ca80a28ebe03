/** Deleting what is in the catalog. Asked for again, it is as done as before. */
import { defineRoute } from "#workers/shared/http/route-contract.ts";
import { idParams } from "#workers/shared/http/wire-schemas.ts";

export const deleteArtist = defineRoute({
  method: "delete",
  path: "/v1/ingest/artists/:id",
  policy: "artist",
  summary: "Delete an artist that no release and no track names",
  params: idParams,
  responses: { 204: null },
});

export const deleteRelease = defineRoute({
  method: "delete",
  path: "/v1/ingest/releases/:id",
  policy: "artist",
  summary: "Delete a release with all its tracks",
  params: idParams,
  responses: { 204: null },
});

export const deleteTrack = defineRoute({
  method: "delete",
  path: "/v1/ingest/tracks/:id",
  policy: "artist",
  summary: "Delete a track with its files",
  params: idParams,
  responses: { 204: null },
});

export const DELETION_ROUTES = [deleteArtist, deleteRelease, deleteTrack] as const;
