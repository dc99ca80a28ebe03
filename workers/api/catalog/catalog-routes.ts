import type { Context } from "hono";
import type { AppEnv, RouteBinder } from "#workers/shared/http/bind-routes.ts";
import { ProblemError } from "#workers/shared/http/problem.ts";
import * as actions from "./catalog-actions.ts";
import * as contract from "./catalog-contract.ts";

/**
 * An answer says what may be played in the country of the request. No header of the request names that country, so
 * Vary cannot keep two countries apart in a cache that is shared: only the caller's own may keep it. It does so for
 * less than the minute in which a takedown is seen, and apart for each account.
 */
const OWN_CACHE_CONTROL = "private, max-age=15";
export function bindCatalogRoutes({ bind }: RouteBinder<ApiEnv>): void {
  bind(contract.getTrack, async ({ params, principal }, context) => {
    const market = actions.marketOf(context, principal);
    return answer(context, found((await actions.loadTracks(context.env, [params.id], market)).get(params.id)));
  });

  bind(contract.getAlbum, async (input, context) => {
    const page = { limit: contract.ALBUM_TRACKS_LIMIT_MAX, offset: 0 };
    const album = await actions.loadAlbum(
      context.env,
      input.params.id,
      page,
      actions.marketOf(context, input.principal),
    );
    return answer(context, found(album));
  });

  bind(contract.getAlbumTracks, async (input, context) => {
    const { params, query } = input;
    const tracks = await actions.loadAlbumTracks(
      context.env,
      params.id,
      query,
      actions.marketOf(context, input.principal),
    );
    return answer(context, found(tracks));
  });

  bind(contract.getArtist, async (input, context) =>
    answer(context, found(await actions.loadArtist(context.env, input.params.id))),
  );

  bind(contract.getArtistAlbums, async (input, context) =>
    answer(context, found(await actions.loadArtistAlbums(context.env, input.params.id, input.query))),
  );

  bind(contract.getArtistTopTracks, async (input, context) =>
    answer(context, {
      tracks: found(
        await actions.loadArtistTopTracks(context.env, input.params.id, actions.marketOf(context, input.principal)),
      ),
    }),
  );

  bind(contract.getNewReleases, async (input, context) =>
    answer(context, { albums: await actions.loadNewReleases(context.env, input.query) }),
  );

  bind(contract.search, async (input, context) =>
    answer(context, await actions.searchCatalog(context.env, input.query, actions.marketOf(context, input.principal))),
  );
}

function answer<Body extends object>(context: Context<AppEnv<ApiEnv>>, body: Body): Response {
  return context.json(body, 200, { "cache-control": OWN_CACHE_CONTROL, vary: "authorization" });
}

function found<Value>(value: Value | null | undefined): Value {
  if (value === null || value === undefined) throw new ProblemError("not-found");
  return value;
}
