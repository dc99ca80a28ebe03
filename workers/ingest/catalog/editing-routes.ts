import type { RouteBinder } from "#workers/shared/http/bind-routes.ts";
import * as contract from "./editing-contract.ts";
import { changeRelease, orderTracks } from "./release-editing.ts";
import { changeArtist, changeTrack } from "./track-editing.ts";

export function bindEditingRoutes({ bind }: RouteBinder<IngestEnv>): void {
  bind(contract.changeArtist, async (input, context) => {
    const artist = await changeArtist(context.env, requestOf(input), input.body.name);
    return context.json(artist, 200, { etag: artist.etag });
  });

  bind(contract.changeRelease, async (input, context) => {
    const release = await changeRelease(context.env, requestOf(input), input.body);
    return context.json(release, 200, { etag: release.etag });
  });

  bind(contract.changeTrack, async (input, context) => {
    const track = await changeTrack(context.env, requestOf(input), input.body);
    return context.json(track, 200, { etag: track.etag });
  });

  bind(contract.orderTracks, async (input, context) => {
    const release = await orderTracks(context.env, requestOf(input), input.body.tracks);
    return context.json(release, 200, { etag: release.etag });
  });
}

interface ConditionalInput<Principal> {
  readonly principal: Principal;
  readonly params: { readonly id: string };
  readonly headers: { readonly "if-match"?: string | undefined };
}

function requestOf<Principal>({ principal, params, headers }: ConditionalInput<Principal>) {
  return { principal, id: params.id, ifMatch: headers["if-match"] };
}
