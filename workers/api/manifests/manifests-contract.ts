/** HLS and DASH, for players of others: text in their formats, so the answers have no schema here. */
import * as z from "zod";
import { defineRoute } from "#workers/shared/http/route-contract.ts";
import { idParams } from "#workers/shared/http/wire-schemas.ts";

const NAME_LENGTH_MAX = 100;
/** What is reported of the playback that a manifest begins is reported under this. */
export const PLAY_TOKEN_HEADER = "x-play-token";

export const getTrackManifest = defineRoute({
  method: "get",
  path: "/v1/tracks/:id/manifest",
  policy: "listener",
  summary: "Begin to play a track by HLS or DASH: a master playlist or a manifest with signed URLs",
  params: idParams,
  /** Without `format`, `Accept` says which; HLS where it says nothing of them. */
  query: z.object({ format: z.enum(["hls", "dash"]).optional() }),
  responses: { 200: null },
});

export const getSignedManifest = defineRoute({
  method: "get",
  path: "/v1/manifests/:name",
  policy: "signed",
  summary: "A master playlist, a manifest or the playlist of a rendition, by a URL that came with a playback",
  /** The query is a token and nothing else. It has no schema: one that is not so is refused as any bad token is. */
  params: z.object({ name: z.string().max(NAME_LENGTH_MAX) }),
  responses: { 200: null },
});

export const MANIFESTS_ROUTES = [getTrackManifest, getSignedManifest] as const;
