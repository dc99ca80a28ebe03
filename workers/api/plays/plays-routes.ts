import type { PlaybackId } from "#domain/foundation/ids.ts";
import { marketOf } from "#workers/api/catalog/catalog-actions.ts";
import type { RouteBinder } from "#workers/shared/http/bind-routes.ts";
import { ProblemError } from "#workers/shared/http/problem.ts";
import { logFailure } from "#workers/shared/http/request-log.ts";
import { acceptPlayEvents, loadRecentlyPlayed } from "./plays-actions.ts";
import { getRecentlyPlayed, reportPlayEvents } from "./plays-contract.ts";

const RETRY_AFTER_SECONDS = "5";

export function bindPlaysRoutes({ bind }: RouteBinder<ApiEnv>): void {
  bind(reportPlayEvents, async (input, context) => {
    const { accountId } = input.principal;
    const report = { accountId, events: input.body.events, receivedAtMs: Date.now() };
    const accepted = await acceptPlayEvents(context.env, report);
    if (accepted.ok) return context.json(accepted.value, 202);
    logFailure("api", input.requestId, accepted.error.cause);
    throw new ProblemError("unavailable", {
      detail: "The events could not be stored. Send all of them again later.",
      headers: { "retry-after": RETRY_AFTER_SECONDS },
    });
  });

  bind(getRecentlyPlayed, async (input, context) => {
    const { limit, before } = input.query;
    const recent = await loadRecentlyPlayed(context.env, {
      accountId: input.principal.accountId,
      limit,
      before: before === undefined ? null : (before as PlaybackId),
      market: marketOf(context, input.principal),
    });
    context.header("cache-control", "private, no-store");
    return context.json(recent);
  });
}
