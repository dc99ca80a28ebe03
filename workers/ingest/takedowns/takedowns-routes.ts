import type { RouteBinder } from "#workers/shared/http/bind-routes.ts";
import * as actions from "./takedowns-actions.ts";
import * as contract from "./takedowns-contract.ts";

export function bindTakedownsRoutes({ bind }: RouteBinder<IngestEnv>): void {
  bind(contract.createTakedowns, async (input, context) => {
    const { items, created } = await actions.createTakedowns(context.env, input.principal, input.body);
    return context.json({ items }, created ? 201 : 200);
  });

  bind(contract.listTakedowns, async (input, context) =>
    context.json({ items: await actions.listTakedowns(context.env, input.principal, input.query.release_id) }),
  );

  bind(contract.liftTakedown, async (input, context) => {
    await actions.liftTakedown(context.env, input.principal, input.params.id);
    return context.body(null, 204);
  });
}
