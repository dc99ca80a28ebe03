import { marketOf } from "#workers/api/catalog/catalog-actions.ts";
import { playbackProblem } from "#workers/api/playbacks/playbacks-routes.ts";
import type { RouteBinder } from "#workers/shared/http/bind-routes.ts";
import { openPreview } from "./previews-actions.ts";
import { getPreview } from "./previews-contract.ts";

export function bindPreviewsRoutes({ bind }: RouteBinder<ApiEnv>): void {
  bind(getPreview, async ({ params, principal, requestId }, context) => {
    const market = marketOf(context, principal);
    const opened = await openPreview(context.env, { recordingId: params.id, principal, market });
    if (!opened.ok) throw playbackProblem(opened.error, requestId);
    // Where it leads is for this country and these minutes.
    context.header("cache-control", "private, no-store");
    return context.redirect(opened.value, 302);
  });
}
