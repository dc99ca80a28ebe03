import type { Context } from "hono";
import { accepts } from "hono/accepts";
import { DASH_MIME_TYPE } from "#domain/delivery/dash-manifest.ts";
import { HLS_MIME_TYPE } from "#domain/delivery/hls-playlists.ts";
import { marketOf } from "#workers/api/catalog/catalog-actions.ts";
import { grantPlayback } from "#workers/api/playbacks/playbacks-actions.ts";
import { playbackProblem } from "#workers/api/playbacks/playbacks-routes.ts";
import type { RouteBinder } from "#workers/shared/http/bind-routes.ts";
import { ProblemError } from "#workers/shared/http/problem.ts";
import { type Manifest, type ManifestRefusal, openManifest } from "./manifests-actions.ts";
import { getSignedManifest, getTrackManifest, PLAY_TOKEN_HEADER } from "./manifests-contract.ts";

export function bindManifestsRoutes({ bind }: RouteBinder<ApiEnv>): void {
  bind(getTrackManifest, async (input, context) => {
    // What asks as by GET would begin a playback as by GET, and displace whoever listens.
    if (context.req.method === "HEAD") throw new ProblemError("method-not-allowed", { headers: { allow: "GET" } });
    const { principal, params, query, requestId } = input;
    const request = { recordingId: params.id, principal, market: marketOf(context, principal) };
    const grant = await grantPlayback(context.env, request);
    if (!grant.ok) throw playbackProblem(grant.error, requestId);
    const url = grant.value.manifests?.[query.format ?? acceptedFormat(context)];
    if (url === undefined) throw manifestProblem({ kind: "no-segments" }, requestId);
    // What the signed URL would answer: one way to a manifest, whoever asks.
    const answer = await answerManifest(context.env, new URL(url, context.req.url), requestId);
    answer.headers.set(PLAY_TOKEN_HEADER, grant.value.play_token);
    return answer;
  });

  bind(getSignedManifest, (input, context) => {
    return answerManifest(context.env, new URL(context.req.url), input.requestId);
  });
}

function acceptedFormat(context: Context): "hls" | "dash" {
  const supports = [HLS_MIME_TYPE, DASH_MIME_TYPE];
  return accepts(context, { header: "Accept", supports, default: HLS_MIME_TYPE }) === DASH_MIME_TYPE ? "dash" : "hls";
}

const TOKEN_QUERY = "?token=";

async function answerManifest(env: ApiEnv, { pathname, search }: URL, requestId: string): Promise<Response> {
  // As the edge has it for sound: a second parameter, or an escape, is no character that a token has.
  if (!search.startsWith(TOKEN_QUERY)) throw new ProblemError("token-invalid", { detail: "Send one token." });
  const opened = await openManifest(env, pathname, search.slice(TOKEN_QUERY.length));
  if (!opened.ok) throw manifestProblem(opened.error, requestId);
  const { contentType, text }: Manifest = opened.value;
  return new Response(text, { headers: { "content-type": contentType, "cache-control": "private, no-store" } });
}

function manifestProblem(refusal: ManifestRefusal, requestId: string): ProblemError {
  switch (refusal.kind) {
    case "no-segments":
      return new ProblemError("not-found", {
        detail: "This track has no AAC, which manifests are made of. Its other renditions come with a playback.",
      });
    case "not-available-in-country":
    case "displaced":
    case "superseded":
    case "unknown":
    case "unanswered":
      return playbackProblem(refusal, requestId);
    case "expired":
      return new ProblemError("token-expired", { detail: "Begin the playback again." });
    case "other-path":
      return new ProblemError("token-invalid", { detail: "The token is for another manifest." });
    default:
      return new ProblemError("token-invalid");
  }
}
