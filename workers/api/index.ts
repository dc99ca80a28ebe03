import { verifierByEnv } from "#workers/shared/auth/access-token.ts";
import { createRouteBinder } from "#workers/shared/http/bind-routes.ts";
import { bindAccountsRoutes, fetchOwnJwks, operatorPrincipal } from "./accounts/accounts-routes.ts";
import { bindCatalogRoutes } from "./catalog/catalog-routes.ts";
import { bindDeliveriesRoutes } from "./deliveries/deliveries-routes.ts";
import { bindHealthRoutes } from "./health/health-routes.ts";
import { bindManifestsRoutes } from "./manifests/manifests-routes.ts";
import { bindPlaybacksRoutes } from "./playbacks/playbacks-routes.ts";
import { bindPlaylistsRoutes } from "./playlists/playlists-routes.ts";
import { bindPlaysRoutes } from "./plays/plays-routes.ts";
import { bindPreviewsRoutes } from "./previews/previews-routes.ts";

export const apiRoutes = createRouteBinder<ApiEnv>({
  worker: "api",
  verifier: verifierByEnv(fetchOwnJwks),
  otherCredential: operatorPrincipal,
});

bindAccountsRoutes(apiRoutes);
bindCatalogRoutes(apiRoutes);
bindPlaybacksRoutes(apiRoutes);
bindManifestsRoutes(apiRoutes);
bindPreviewsRoutes(apiRoutes);
bindPlaysRoutes(apiRoutes);
bindPlaylistsRoutes(apiRoutes);
bindDeliveriesRoutes(apiRoutes);
bindHealthRoutes(apiRoutes);

export default { fetch: apiRoutes.app.fetch } satisfies ExportedHandler<ApiEnv>;
