import { type RouteBinder, readAtMost } from "#workers/shared/http/bind-routes.ts";
import * as actions from "./catalog-actions.ts";
import * as contract from "./catalog-contract.ts";

export function bindCatalogRoutes({ bind }: RouteBinder<IngestEnv>): void {
  bind(contract.putArtist, async (input, context) => {
    const { artist, created } = await actions.putArtist(context.env, input.principal, input.body.name);
    return context.json(artist, created ? 201 : 200);
  });

  bind(contract.listArtists, async (input, context) =>
    context.json({ items: await actions.listArtists(context.env, input.principal) }),
  );

  bind(contract.createRelease, async (input, context) => {
    const key = input.headers["idempotency-key"];
    return context.json(await actions.createRelease(context.env, input.principal, key, input.body), 201);
  });

  bind(contract.listReleases, async (input, context) =>
    context.json(await actions.listReleases(context.env, input.principal, input.query)),
  );

  bind(contract.getRelease, async (input, context) => {
    const release = await actions.getRelease(context.env, input.principal, input.params.id);
    return context.json(release, 200, { etag: release.etag });
  });

  bind(contract.getArtist, async (input, context) => {
    const artist = await actions.getArtist(context.env, input.principal, input.params.id);
    return context.json(artist, 200, { etag: artist.etag });
  });

  bind(contract.getTrack, async (input, context) => {
    const track = await actions.getTrack(context.env, input.principal, input.params.id);
    return context.json(track, 200, { etag: track.etag });
  });

  bind(contract.putCover, async (input, context) => {
    const bytes = await readAtMost(context.req.raw, contract.COVER_BYTES_MAX);
    return context.json(await actions.putCover(context.env, input.principal, input.params.id, bytes));
  });
}
