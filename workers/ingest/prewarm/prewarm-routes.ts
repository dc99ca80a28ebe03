import type { RouteBinder } from "#workers/shared/http/bind-routes.ts";
import * as actions from "./prewarm-actions.ts";
import * as contract from "./prewarm-contract.ts";

export function bindPrewarmRoutes({ bind }: RouteBinder<IngestEnv>): void {
  bind(contract.listPrewarm, async (input, context) =>
    context.json(await actions.listPrewarm(context.env, input.body, { country: input.country, nowMs: Date.now() })),
  );
}
