/** Keeps the compiled records at what the catalog says, whoever else writes them meanwhile. */
import { type AvailabilityRecord, availabilityKey, compileAvailability } from "#domain/rights/availability.ts";
import type { CommercialModel, Deal, UseType } from "#domain/rights/deals.ts";
import type { DealRow } from "#workers/ingest/catalog/catalog-store.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import * as store from "./publishing-store.ts";

/** Takedowns and restorations of one recording that may come while one is carried out. */
const ROUNDS_MAX = 5;

/**
 * Applies what stands in the catalog, and looks again afterwards: where a takedown came or went meanwhile, what was
 * applied may have overwritten what its own request wrote, so it is applied anew. Everyone who writes goes through here,
 * so the last one to write has seen that it wrote the truth. Throws where `apply` does, or where it does not come to
 * rest; then the caller's message comes again. Answers the standings that were applied last.
 */
export async function applyStandings(
  env: IngestEnv,
  recordingIds: readonly string[],
  apply: (standings: readonly store.Standing[]) => Promise<void>,
): Promise<readonly store.Standing[]> {
  const database = catalogDatabase(env.CATALOG_0);
  let standings = await store.findStandings(database, recordingIds);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    await apply(standings);
    const takedownIds = await store.findTakedownIds(database, recordingIds);
    const now = standings.map((standing) => ({
      ...standing,
      takedownIds: takedownIds.get(standing.recordingId) ?? [],
    }));
    if (now.every((standing, index) => isSame(standing.takedownIds, standings[index]?.takedownIds ?? []))) return now;
    standings = now;
  }
  throw new Error(`takedowns of ${recordingIds[0]} and others changed ${ROUNDS_MAX} times while they were carried out`);
}

/** Of lists in the same order. */
function isSame(ids: readonly string[], others: readonly string[]): boolean {
  return ids.length === others.length && ids.every((id, index) => id === others[index]);
}

/** Throws where one could not be written; the others are. */
export async function putRecords(env: IngestEnv, standings: readonly store.Standing[]): Promise<void> {
  const written = await Promise.allSettled(
    standings.map((standing) =>
      env.RIGHTS.put(availabilityKey(standing.recordingId), JSON.stringify(recordOf(standing))),
    ),
  );
  const failed = written.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/** Nothing is granted of what is taken down, whatever its deals say. */
function recordOf({ deals, releaseAt, takedownIds }: store.Standing): AvailabilityRecord {
  return compileAvailability(takedownIds.length === 0 ? deals.map((deal) => toDeal(deal, releaseAt)) : []);
}

/** A deal opens nothing before the release does, whatever its own start. */
function toDeal(row: DealRow, releaseAt: number): Deal {
  return {
    territories: JSON.parse(row.territories) as string[],
    excludedTerritories: JSON.parse(row.excludedTerritories) as string[],
    commercialModels: JSON.parse(row.commercialModels) as CommercialModel[],
    useTypes: JSON.parse(row.useTypes) as UseType[],
    startsAt: Math.max(row.startsAt, releaseAt),
    endsAt: row.endsAt,
  };
}
