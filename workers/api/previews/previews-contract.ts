import { defineRoute } from "#workers/shared/http/route-contract.ts";
import { idParams } from "#workers/shared/http/wire-schemas.ts";

export const getPreview = defineRoute({
  method: "get",
  path: "/v1/tracks/:id/preview",
  policy: "public",
  summary: "Half a minute of a track: redirects to its signed URL where the track may be played",
  params: idParams,
  responses: { 302: null },
});
