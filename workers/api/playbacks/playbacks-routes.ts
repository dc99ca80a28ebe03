import { marketOf } from "#workers/api/catalog/catalog-actions.ts";
import { startPlayback } from "#workers/api/plays/plays-contract.ts";
import type { RouteBinder } from "#workers/shared/http/bind-routes.ts";
import { ProblemError } from "#workers/shared/http/problem.ts";
import { grantPlayback, type PlaybackRefusal } from "./playbacks-actions.ts";

export function bindPlaybacksRoutes({ bind }: RouteBinder<ApiEnv>): void {
  bind(startPlayback, async (input, context) => {
    const { principal, body } = input;
    const grant = await grantPlayback(context.env, { recordingId: body.track_id, principal, market: marketOf(input) });
    if (!grant.ok) throw refusal(grant.error);
    context.header("cache-control", "private, no-store");
    return context.json(grant.value, 201);
  });
}

function refusal(error: PlaybackRefusal): ProblemError {
  switch (error.kind) {
    case "not-found":
      return new ProblemError("not-found", { detail: "There is no such track." });
    case "country-unknown":
      return new ProblemError("country-unknown", {
        detail: "We cannot tell which country you are in, so we cannot tell what may be played there.",
      });
    case "not-available-in-country":
      return new ProblemError("not-available-in-country", {
        detail: `The rights holders of this track have not made it available in ${error.country}.`,
      });
  }
}
