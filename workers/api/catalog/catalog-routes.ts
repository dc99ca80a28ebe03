import type { Context } from "hono";
import { roleMeetsPolicy } from "#domain/accounts/roles.ts";
import { grantPlayback } from "#workers/api/playbacks/playbacks-actions.ts";
import type { Principal } from "#workers/shared/auth/access-token.ts";
import type { AppEnv, RouteBinder } from "#workers/shared/http/bind-routes.ts";
import { ProblemError } from "#workers/shared/http/problem.ts";
import * as actions from "./catalog-actions.ts";
import type { TrackAnswer } from "./catalog-contract.ts";
import * as contract from "./catalog-contract.ts";

/**
 * An answer says what may be played in the country of the request. No header of the request names that country, so
 * Vary cannot keep two countries apart in a cache that is shared: only the caller's own may keep it. It does so for
 * less than the minute in which a takedown is seen, and apart for each account.
 */
const OWN_CACHE_CONTROL = "private, max-age=15";
/** Signed URLs are one listener's: nothing between us and them may keep the answer. */
const SIGNED_CACHE_CONTROL = "private, no-store";

export function bindCatalogRoutes({ bind }: RouteBinder<ApiEnv>): void {
  bind(contract.getTrack, async (input, context) => {
    const { id } = input.params;
    const market = actions.marketOf(input);
    const track = found((await actions.loadTracks(context.env, [id], market)).get(id));
    const principal = listenerOf(input.principal);
    if (principal === null) return answer<TrackAnswer>(context, track);
    context.header("cache-control", SIGNED_CACHE_CONTROL);
    if (!track.is_playable) return context.json(track);
    const grant = await grantPlayback(context.env, { recordingId: id, principal, market });
    return context.json(grant.ok ? { ...track, playback: grant.value } : track);
  });

  bind(contract.getAlbum, async (input, context) => {
    const page = { limit: contract.ALBUM_TRACKS_LIMIT_MAX, offset: 0 };
    const album = await actions.loadAlbum(context.env, input.params.id, page, actions.marketOf(input));
    return answer(context, found(album));
  });

  bind(contract.getAlbumTracks, async (input, context) => {
    const { params, query } = input;
    const tracks = await actions.loadAlbumTracks(context.env, params.id, query, actions.marketOf(input));
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
      tracks: found(await actions.loadArtistTopTracks(context.env, input.params.id, actions.marketOf(input))),
    }),
  );

  bind(contract.getNewReleases, async (input, context) =>
    answer(context, { albums: await actions.loadNewReleases(context.env, input.query) }),
  );

  bind(contract.search, async (input, context) =>
    answer(context, await actions.searchCatalog(context.env, input.query, actions.marketOf(input))),
  );
}

/** The caller where they may listen: these routes are open to all, what they sign is not, and a job listens to nothing. */
function listenerOf(principal: Principal | null): Principal | null {
  return principal !== null && roleMeetsPolicy(principal.role, "listener") ? principal : null;
}

function answer<Body extends object>(context: Context<AppEnv<ApiEnv>>, body: Body): Response {
  return context.json(body, 200, { "cache-control": OWN_CACHE_CONTROL, vary: "authorization" });
}

function found<Value>(value: Value | null | undefined): Value {
  if (value === null || value === undefined) throw new ProblemError("not-found");
  return value;
}
