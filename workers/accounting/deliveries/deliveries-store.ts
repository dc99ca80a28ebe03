import type { DeliveryReport } from "#domain/delivery/delivery-report.ts";
import { DAY_MS, type EpochMs, HOUR_MS } from "#domain/foundation/time.ts";

/** A queue brings a message again for two weeks at the most. */
const REPORTS_KEPT_MS = 15 * DAY_MS;

export interface DeliveredHour {
  readonly hour: EpochMs;
  readonly ranges: number;
  readonly cacheRanges: number;
  readonly cacheBytes: number;
  readonly originBytes: number;
}

/** Adds a report to the sums of the hour in which it ended, once: the sums and the mark are one transaction. */
export async function addToHours(ledger: D1Database, report: DeliveryReport, nowMs: EpochMs): Promise<void> {
  const hour = Math.floor(report.toMs / HOUR_MS) * HOUR_MS;
  await ledger.batch([
    ledger
      .prepare(
        `INSERT INTO delivered_hours (hour, country, quality, ranges, cache_ranges, cache_bytes, origin_bytes)
         SELECT ?2, value ->> 'country', value ->> 'quality', sum(value ->> 'ranges'), sum(value ->> 'cacheRanges'),
                sum(value ->> 'cacheBytes'), sum(value ->> 'originBytes')
         FROM json_each(?1)
         WHERE NOT EXISTS (SELECT 1 FROM delivery_reports WHERE id = ?3)
         GROUP BY 2, 3
         ON CONFLICT (hour, country, quality) DO UPDATE SET
           ranges = ranges + excluded.ranges, cache_ranges = cache_ranges + excluded.cache_ranges,
           cache_bytes = cache_bytes + excluded.cache_bytes, origin_bytes = origin_bytes + excluded.origin_bytes`,
      )
      .bind(JSON.stringify(report.deliveries), hour, report.id),
    ledger
      .prepare("INSERT INTO delivery_reports (id, taken_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING")
      .bind(report.id, nowMs),
    ledger.prepare("DELETE FROM delivery_reports WHERE taken_at < ?1").bind(nowMs - REPORTS_KEPT_MS),
  ]);
}

/** The newest hours first, all countries and qualities together. */
export async function listDeliveredHours(ledger: D1Database, limit: number): Promise<DeliveredHour[]> {
  const { results } = await ledger
    .prepare(
      `SELECT hour, sum(ranges) AS ranges, sum(cache_ranges) AS cacheRanges, sum(cache_bytes) AS cacheBytes,
              sum(origin_bytes) AS originBytes
       FROM delivered_hours GROUP BY hour ORDER BY hour DESC LIMIT ?1`,
    )
    .bind(limit)
    .all<DeliveredHour>();
  return results;
}
