import { requireSignedUrl } from "#workers/ingest/uploads/upload-tokens.ts";
import type { RouteBinder } from "#workers/shared/http/bind-routes.ts";
import { ProblemError } from "#workers/shared/http/problem.ts";
import { storeRendition } from "./rendition-intake.ts";
import * as actions from "./transcodes-actions.ts";
import * as contract from "./transcodes-contract.ts";

export function bindTranscodesRoutes({ bind }: RouteBinder<IngestEnv>): void {
  bind(contract.claimTranscode, async (input, context) => {
    const { worker, lease_seconds: leaseSeconds } = input.body;
    const lease = await actions.claimTranscode(context.env, worker, leaseSeconds);
    return lease === null ? context.body(null, 204) : context.json(lease);
  });

  bind(contract.heartbeatTranscode, async (input, context) =>
    context.json({
      expires_at: await actions.heartbeatTranscode(context.env, input.params.id, input.body.progress),
    }),
  );

  bind(contract.offerRendition, async (input, context) =>
    context.json({ upload_url: await actions.offerRendition(context.env, input.params.id, input.body) }),
  );

  bind(contract.completeTranscode, async (input, context) => {
    const { technical, renditions } = input.body;
    await actions.completeTranscode(context.env, input.params.id, technical, renditions);
    return context.body(null, 204);
  });

  bind(contract.failTranscode, async (input, context) => {
    const { reject_code: rejectCode, detail } = input.body;
    await actions.failTranscode(context.env, input.params.id, { rejectCode, detail });
    return context.body(null, 204);
  });

  bind(contract.getMaster, async (input, context) => {
    const path = `/v1/ingest/masters/${input.params.id}`;
    const { objectKey } = await requireSignedUrl(context.env, "master", path, input.query.token);
    const object = await context.env.MASTERS.get(objectKey);
    if (object === null) throw new ProblemError("not-found");
    return new Response(object.body, {
      headers: { "content-type": "application/octet-stream", "content-length": String(object.size) },
    });
  });

  bind(contract.putRendition, async (input, context) => {
    const { name } = input.params;
    const path = `/v1/ingest/renditions/${name}`;
    const claims = await requireSignedUrl(context.env, "rendition", path, input.query.token);
    await storeRendition(context.env, name, claims, context.req.raw);
    return context.body(null, 201);
  });
}
