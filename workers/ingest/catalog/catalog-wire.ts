import type { CommercialModel } from "#domain/rights/deals.ts";
import { toUpload } from "#workers/ingest/uploads/uploads-wire.ts";
import { coverPath } from "#workers/shared/catalog/cover-paths.ts";
import { entityTag } from "#workers/shared/http/entity-tags.ts";
import type { DealWire, StudioArtist, StudioRelease, StudioTrack } from "./catalog-contract.ts";
import type {
  ArtistRow,
  DealRow,
  StudioRelease as StudioReleaseRow,
  StudioTrack as StudioTrackRow,
} from "./catalog-store.ts";

export function toStudioRelease({ release, artist, deals, tracks }: StudioReleaseRow): StudioRelease {
  return {
    id: release.id,
    artist: toStudioArtist(artist),
    title: release.title,
    type: release.type,
    label: release.label,
    upc: release.upc,
    release_at: new Date(release.releaseAt).toISOString(),
    published_at: release.publishedAt === null ? null : new Date(release.publishedAt).toISOString(),
    cover_url: coverPath(release),
    deals: deals.map(toDeal),
    tracks: tracks.map(toStudioTrack),
    etag: entityTag(release.version),
  };
}

export function toStudioArtist({ id, name, version }: ArtistRow): StudioArtist {
  return { id, name, etag: entityTag(version) };
}

export function toStudioTrack(row: StudioTrackRow): StudioTrack {
  const { recording, durationMs, sourceChannels, artists, credits, upload } = row;
  return {
    id: recording.id,
    release_id: recording.releaseId,
    title: recording.title,
    disc_number: recording.discNumber,
    track_number: recording.trackNumber,
    isrc: recording.isrc,
    explicit: recording.explicit,
    duration_ms: durationMs,
    source_channels: sourceChannels,
    artists: [...artists],
    credits: [...credits],
    published_at: recording.publishedAt === null ? null : new Date(recording.publishedAt).toISOString(),
    upload: upload === null ? null : toUpload(upload, recording),
    etag: entityTag(recording.version),
  };
}

export function toDeal(deal: DealRow): DealWire {
  return {
    territories: JSON.parse(deal.territories) as string[],
    excluded_territories: JSON.parse(deal.excludedTerritories) as string[],
    commercial_models: JSON.parse(deal.commercialModels) as CommercialModel[],
    starts_at: new Date(deal.startsAt).toISOString(),
    ...(deal.endsAt === null ? {} : { ends_at: new Date(deal.endsAt).toISOString() }),
  };
}
