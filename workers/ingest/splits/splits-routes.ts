import type { RouteBinder } from "#workers/shared/http/bind-routes.ts";
import { entityTag } from "#workers/shared/http/entity-tags.ts";
import * as actions from "./splits-actions.ts";
import * as contract from "./splits-contract.ts";
import { toSplitSheet } from "./splits-wire.ts";

export function bindSplitsRoutes({ bind }: RouteBinder<IngestEnv>): void {
  bind(contract.getSplits, async (input, context) => {
    const sheet = await actions.getSplits(context.env, input.principal, input.params.id, input.query.version);
    return context.json(toSplitSheet(sheet), 200, { etag: entityTag(sheet.version) });
  });

  bind(contract.putSplits, async (input, context) => {
    const request = { principal: input.principal, id: input.params.id, ifMatch: input.headers["if-match"] };
    const shares = input.body.shares.map(({ party, role, basis_points: basisPoints }) => ({
      party,
      role,
      basisPoints,
    }));
    const sheet = await actions.putSplits(context.env, request, shares);
    return context.json(toSplitSheet(sheet), 200, { etag: entityTag(sheet.version) });
  });
}
