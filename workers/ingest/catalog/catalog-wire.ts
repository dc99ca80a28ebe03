import type { CommercialModel } from "#domain/rights/deals.ts";
import { toUpload } from "#workers/ingest/uploads/uploads-wire.ts";
import { coverPath } from "#workers/shared/catalog/cover-paths.ts";
import type { DealWire, StudioRelease } from "./catalog-contract.ts";
import type { DealRow, StudioRelease as StudioReleaseRow } from "./catalog-store.ts";

export function toStudioRelease({ release, artist, deals, tracks }: StudioReleaseRow): StudioRelease {
  return {
    id: release.id,
    artist: { id: artist.id, name: artist.name },
    title: release.title,
    type: release.type,
    label: release.label,
    upc: release.upc,
    release_at: new Date(release.releaseAt).toISOString(),
    published_at: release.publishedAt === null ? null : new Date(release.publishedAt).toISOString(),
    cover_url: coverPath(release),
    deals: deals.map(toDeal),
    tracks: tracks.map(({ recording, durationMs, sourceChannels, upload }) => ({
      id: recording.id,
      title: recording.title,
      disc_number: recording.discNumber,
      track_number: recording.trackNumber,
      isrc: recording.isrc,
      explicit: recording.explicit,
      duration_ms: durationMs,
      source_channels: sourceChannels,
      upload: upload === null ? null : toUpload(upload, recording),
    })),
  };
}

function toDeal(deal: DealRow): DealWire {
  return {
    territories: JSON.parse(deal.territories) as string[],
    excluded_territories: JSON.parse(deal.excludedTerritories) as string[],
    commercial_models: JSON.parse(deal.commercialModels) as CommercialModel[],
    starts_at: new Date(deal.startsAt).toISOString(),
    ...(deal.endsAt === null ? {} : { ends_at: new Date(deal.endsAt).toISOString() }),
  };
}
