/**
 * All five Workers and every object in one isolate, so that slice tests run against real D1, R2, KV, Durable Objects
 * and Queues with nothing of ours replaced. The default export is the edge, as for a listener.
 */
import { WorkerEntrypoint } from "cloudflare:workers";
import accounting from "#workers/accounting/index.ts";
import api from "#workers/api/index.ts";
import edge from "#workers/edge/index.ts";
import ingest from "#workers/ingest/index.ts";
import realtime from "#workers/realtime/index.ts";

export * from "#workers/realtime/index.ts";

export class ApiWorker extends WorkerEntrypoint<ApiEnv> {
  override async fetch(request: Request): Promise<Response> {
    return api.fetch(request, this.env, this.ctx);
  }
}

export class IngestWorker extends WorkerEntrypoint<IngestEnv> {
  override async fetch(request: Request): Promise<Response> {
    return ingest.fetch(request, this.env, this.ctx);
  }
}

export class RealtimeWorker extends WorkerEntrypoint<RealtimeEnv> {
  override async fetch(request: Request): Promise<Response> {
    return realtime.fetch(request, this.env, this.ctx);
  }
}

export class AccountingTestWorker extends accounting {}

export default {
  fetch: edge.fetch,
  async queue(batch: MessageBatch, env: IngestEnv & AccountingEnv, ctx: ExecutionContext): Promise<void> {
    if (batch.queue === "rimshot-ingest") await ingest.queue(batch, env);
    else await new accounting(ctx, env).queue(batch);
  },
};
