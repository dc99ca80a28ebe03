/** Keeps the compiled records at what the catalog says, whoever else writes them meanwhile. */
import { type AvailabilityRecord, availabilityKey, compileAvailability } from "#domain/rights/availability.ts";
import type { CommercialModel, Deal, UseType } from "#domain/rights/deals.ts";
import type { DealRow } from "#workers/ingest/catalog/catalog-store.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import * as store from "./publishing-store.ts";

/** Changes of one recording that may come while one is carried out. */
const ROUNDS_MAX = 5;

/**
 * Applies what stands in the catalog, and looks again afterwards: where a takedown, other deals or another date came
 * meanwhile, what was applied may have overwritten what its own request wrote, so it is applied anew; where a recording
 * was deleted, its record goes. Everyone who writes goes through here, so the last one to write has seen that it wrote
 * the truth. Throws where `apply` does, or where it does not come to rest; then the caller's message comes again. Answers
 * the standings that were applied last.
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
    const now = await store.findStandings(database, recordingIds);
    if (fingerprint(now) === fingerprint(standings)) return now;
    const left = new Set(now.map((standing) => standing.recordingId));
    await deleteRecords(
      env,
      standings.map((standing) => standing.recordingId).filter((id) => !left.has(id)),
    );
    standings = now;
  }
  throw new Error(`${recordingIds[0]} and others changed ${ROUNDS_MAX} times while their records were written`);
}

/** All of standings that is written into records; they come in one order. */
function fingerprint(standings: readonly store.Standing[]): string {
  return JSON.stringify(standings.map(({ hasRecord: _hasRecord, ...written }) => written));
}

/** Without a record nothing is granted. Throws where one could not be deleted; the others are. */
export async function deleteRecords(env: IngestEnv, recordingIds: readonly string[]): Promise<void> {
  await settled(recordingIds.map((id) => env.RIGHTS.delete(availabilityKey(id))));
}

/** Throws where one could not be written; the others are. */
export async function putRecords(env: IngestEnv, standings: readonly store.Standing[]): Promise<void> {
  await settled(
    standings.map((standing) =>
      env.RIGHTS.put(availabilityKey(standing.recordingId), JSON.stringify(recordOf(standing))),
    ),
  );
}

async function settled(writes: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(writes)).find((result) => result.status === "rejected");
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
