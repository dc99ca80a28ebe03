import type { RouteBinder } from "#workers/shared/http/bind-routes.ts";
import { getHealth, getReadiness } from "#workers/shared/http/health-contract.ts";
import { checkReadiness } from "#workers/shared/http/readiness.ts";

export function bindHealthRoutes({ bind }: RouteBinder<ApiEnv>): void {
  bind(getHealth, (_input, context) => {
    context.header("cache-control", "no-store");
    return context.json({ status: "ok", worker: "api" });
  });

  // Without accounting pages do without their counts, so it is not asked for here: the edge asks it itself.
  bind(getReadiness, async (_input, context) => {
    const { env } = context;
    const readiness = await checkReadiness("api", {
      catalog: () => env.CATALOG_0.prepare("SELECT 1").first(),
      identity: () => env.IDENTITY.prepare("SELECT 1").first(),
      rights: () => env.RIGHTS.get("readiness"),
      listeners: () => env.LISTENERS.getByName("readiness").recentlyPlayed(1),
    });
    context.header("cache-control", "no-store");
    return context.json(readiness, readiness.status === "ok" ? 200 : 503);
  });
}
