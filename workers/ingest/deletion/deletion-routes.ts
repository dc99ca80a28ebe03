import type { RouteBinder } from "#workers/shared/http/bind-routes.ts";
import * as actions from "./deletion-actions.ts";
import * as contract from "./deletion-contract.ts";

export function bindDeletionRoutes({ bind }: RouteBinder<IngestEnv>): void {
  bind(contract.deleteArtist, async (input, context) => {
    await actions.deleteArtist(context.env, input.principal, input.params.id);
    return context.body(null, 204);
  });

  bind(contract.deleteRelease, async (input, context) => {
    await actions.deleteRelease(context.env, input.principal, input.params.id);
    return context.body(null, 204);
  });

  bind(contract.deleteTrack, async (input, context) => {
    await actions.deleteTrack(context.env, input.principal, input.params.id);
    return context.body(null, 204);
  });
}
