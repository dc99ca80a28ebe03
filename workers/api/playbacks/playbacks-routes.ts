import { SECOND_MS } from "#domain/foundation/time.ts";
import { marketOf } from "#workers/api/catalog/catalog-actions.ts";
import { heartbeatPlayback, renewPlayback, startPlayback } from "#workers/api/plays/plays-contract.ts";
import type { RouteBinder } from "#workers/shared/http/bind-routes.ts";
import { ProblemError } from "#workers/shared/http/problem.ts";
import { logFailure } from "#workers/shared/http/request-log.ts";
import * as actions from "./playbacks-actions.ts";

const SIGNED_CACHE_CONTROL = { "cache-control": "private, no-store" };
const RETRY_AFTER_SECONDS = "2";

export function bindPlaybacksRoutes({ bind }: RouteBinder<ApiEnv>): void {
  bind(startPlayback, async ({ principal, body, requestId }, context) => {
    const grant = await actions.grantPlayback(context.env, {
      recordingId: body.track_id,
      principal,
      market: marketOf(context, principal),
      stream: {
        sessionId: body.session_id ?? null,
        device: body.device_name ?? null,
        continues: body.continues,
      },
    });
    if (!grant.ok) throw playbackProblem(grant.error, requestId);
    return context.json(grant.value, 201, SIGNED_CACHE_CONTROL);
  });

  bind(renewPlayback, async ({ principal, params, body, requestId }, context) => {
    const renewed = await actions.renewPlayback(context.env, {
      playbackId: params.id,
      recordingId: body.track_id,
      principal,
      market: marketOf(context, principal),
      stream: { sessionId: body.session_id ?? null, device: null, continues: true },
    });
    if (!renewed.ok) throw playbackProblem(renewed.error, requestId);
    return context.json(renewed.value, 200, SIGNED_CACHE_CONTROL);
  });

  bind(heartbeatPlayback, async ({ principal, params, body, requestId }, context) => {
    const stream = { sessionId: body.session_id ?? null };
    const kept = await actions.keepPlayback(context.env, { playbackId: params.id, principal, stream });
    if (!kept.ok) throw playbackProblem(kept.error, requestId);
    return context.body(null, 204);
  });
}

const WHY_UNKNOWN = {
  unknown: "We cannot tell which country you are in, so we cannot tell what may be played there.",
  tor: "Tor hides which country you are in. With a verified home country you would have what may be played there.",
  "hosting-network":
    "This request comes out of a network of servers, such as a VPN's, which hides which country you are in. With a " +
    "verified home country you would have what may be played there.",
} as const;

/** Why there is no playback, for whatever route asked for one. What went wrong on our side is logged. */
export function playbackProblem(error: actions.PlaybackRefusal, requestId: string): ProblemError {
  switch (error.kind) {
    case "not-found":
      return new ProblemError("not-found", { detail: "There is no such track." });
    case "country-unknown":
      return new ProblemError("country-unknown", { detail: WHY_UNKNOWN[error.because] });
    case "not-available-in-country":
      return new ProblemError("not-available-in-country", {
        detail: `The rights holders of this track have not made it available in ${error.country}.`,
      });
    case "network-unknown":
      return new ProblemError("token-network", {
        detail:
          "What is signed here works from one network alone, and we cannot tell which one you are on. " +
          "Begin the playback from another.",
      });
    case "unknown":
      return new ProblemError("not-found", { detail: "This account has no such playback any more. Begin another." });
    case "displaced": {
      const { atMs, byDevice } = error.displacement;
      const where = byDevice === null ? "on another device" : `on ${byDevice}`;
      return new ProblemError("stream-displaced", {
        detail: `A newer playback began ${where} at ${new Date(atMs).toISOString()}. Begin one here to take over.`,
      });
    }
    case "superseded":
      return new ProblemError("stream-displaced", {
        detail: "Newer playbacks began in the same session, here or on another device. Begin one to go on.",
      });
    case "too-many-sessions":
      return new ProblemError("rate-limited", {
        detail:
          "This account has begun to play in too many sessions within ten minutes. " +
          "Wait, or send the session_id of this player.",
        headers: { "retry-after": String(Math.ceil(error.retryAfterMs / SECOND_MS)) },
      });
    case "unanswered":
      logFailure("api", requestId, error.cause);
      return new ProblemError("unavailable", {
        detail: "We cannot tell at the moment what else this account plays. Try again in a moment.",
        headers: { "retry-after": RETRY_AFTER_SECONDS },
      });
  }
}
