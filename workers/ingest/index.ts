import { verifierByEnv } from "#workers/shared/auth/access-token.ts";
import { createRouteBinder } from "#workers/shared/http/bind-routes.ts";
import { getHealth, getReadiness } from "#workers/shared/http/health-contract.ts";
import { checkReadiness } from "#workers/shared/http/readiness.ts";
import { bindCatalogRoutes } from "./catalog/catalog-routes.ts";
import { bindEditingRoutes } from "./catalog/editing-routes.ts";
import { bindDeletionRoutes } from "./deletion/deletion-routes.ts";
import { bindPrewarmRoutes } from "./prewarm/prewarm-routes.ts";
import { consumeIngestMessages } from "./publishing/ingest-consumer.ts";
import { bindSplitsRoutes } from "./splits/splits-routes.ts";
import { bindTakedownsRoutes } from "./takedowns/takedowns-routes.ts";
import { TRANSCODE_QUEUE_NAME } from "./transcodes/transcodes-actions.ts";
import { bindTranscodesRoutes } from "./transcodes/transcodes-routes.ts";
import { bindFilesRoutes } from "./uploads/files-routes.ts";
import { bindUploadsRoutes } from "./uploads/uploads-routes.ts";

export const ingestRoutes = createRouteBinder<IngestEnv>({
  worker: "ingest",
  verifier: verifierByEnv((env, request) => env.API.fetch(request)),
});

bindCatalogRoutes(ingestRoutes);
bindEditingRoutes(ingestRoutes);
bindSplitsRoutes(ingestRoutes);
bindDeletionRoutes(ingestRoutes);
bindUploadsRoutes(ingestRoutes);
bindFilesRoutes(ingestRoutes);
bindTranscodesRoutes(ingestRoutes);
bindPrewarmRoutes(ingestRoutes);
bindTakedownsRoutes(ingestRoutes);

ingestRoutes.bind(getHealth, (_input, context) => context.json({ status: "ok", worker: "ingest" }));
ingestRoutes.bind(getReadiness, async (_input, context) => {
  const { env } = context;
  const readiness = await checkReadiness("ingest", {
    catalog: () => env.CATALOG_0.prepare("SELECT 1").first(),
    masters: () => env.MASTERS.head("readiness"),
    renditions: () => env.RENDITIONS.head("readiness"),
    rights: () => env.RIGHTS.get("readiness"),
    transcodes: () => env.TRANSCODE_QUEUE.getByName(TRANSCODE_QUEUE_NAME).depth(),
  });
  return context.json(readiness, readiness.status === "ok" ? 200 : 503);
});

export default {
  fetch: ingestRoutes.app.fetch,
  queue: consumeIngestMessages,
} satisfies ExportedHandler<IngestEnv>;
