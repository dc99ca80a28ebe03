import type { RouteBinder } from "#workers/shared/http/bind-routes.ts";
import * as actions from "./uploads-actions.ts";
import * as contract from "./uploads-contract.ts";

export function bindUploadsRoutes({ bind }: RouteBinder<IngestEnv>): void {
  bind(contract.createUpload, async (input, context) => {
    const key = input.headers["idempotency-key"];
    return context.json(await actions.createUpload(context.env, input.principal, key, input.body), 201);
  });

  bind(contract.announceMaster, async (input, context) => {
    const key = input.headers["idempotency-key"];
    const ticket = await actions.announceMaster(context.env, input.principal, key, input.params.id, input.body.file);
    return context.json(ticket, 201);
  });

  bind(contract.getUpload, async (input, context) =>
    context.json(await actions.getUpload(context.env, input.principal, input.params.id)),
  );

  bind(contract.renewUploadUrl, async (input, context) =>
    context.json(await actions.renewUploadUrl(context.env, input.principal, input.params.id)),
  );
}
