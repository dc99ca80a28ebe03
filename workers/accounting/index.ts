/** Accounting: counts plays, and alone writes the ledger. Others ask it by RPC; over HTTP it says only how it is. */
import { WorkerEntrypoint } from "cloudflare:workers";
import { DAY_MS } from "#domain/foundation/time.ts";
import { getHealth, getReadiness } from "#workers/shared/http/health-contract.ts";
import { problemResponse } from "#workers/shared/http/problem.ts";
import { checkReadiness } from "#workers/shared/http/readiness.ts";
import { consumeDeliveries } from "./deliveries/deliveries-consumer.ts";
import { type DeliveredHour, listDeliveredHours } from "./deliveries/deliveries-store.ts";
import { consumePlays } from "./plays/plays-consumer.ts";
import { rollUpWhenDue } from "./plays/roll-up.ts";
import { countPlays, listMostPlayed } from "./plays/sums-store.ts";

const WORKER = "accounting";
const MOST_PLAYED_WINDOW_MS = 28 * DAY_MS;
const DELIVERIES_QUEUE = "rimshot-deliveries";

export default class AccountingWorker extends WorkerEntrypoint<AccountingEnv> {
  override async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const isKnown = pathname === getHealth.path || pathname === getReadiness.path;
    if (!isKnown) return problemResponse("not-found");
    if (request.method !== "GET") return problemResponse("method-not-allowed", { headers: { allow: "GET" } });
    if (pathname === getHealth.path) return Response.json({ status: "ok", worker: WORKER });
    const readiness = await checkReadiness(WORKER, {
      ledger: () => this.env.LEDGER.prepare("SELECT id FROM roll_up").first(),
      archive: () => this.env.ARCHIVE.head("readiness"),
    });
    return Response.json(readiness, { status: readiness.status === "ok" ? 200 : 503 });
  }

  override async queue(batch: MessageBatch): Promise<void> {
    if (batch.queue === DELIVERIES_QUEUE) await consumeDeliveries(this.env, batch);
    else {
      await consumePlays(this.env, batch);
      this.ctx.waitUntil(rollUpWhenDue(this.env));
    }
  }

  /** Every minute: where no messages come, there is no consumer to do it. */
  override async scheduled(): Promise<void> {
    await rollUpWhenDue(this.env);
  }

  /** What the edge has sent in each of the newest hours. */
  async deliveredHours(hours: number): Promise<DeliveredHour[]> {
    return listDeliveredHours(this.env.LEDGER, hours);
  }

  /**
   * Qualified plays of each recording, as of the last roll-up; 0 where there are none. Throws RangeError beyond
   * PLAY_COUNTS_MAX ids.
   */
  async playCounts(recordingIds: string[]): Promise<Record<string, number>> {
    return countPlays(this.env.LEDGER, recordingIds);
  }

  /**
   * The recordings with the most qualified plays of the last 28 days; with a country, those of listeners there. Throws
   * RangeError beyond MOST_PLAYED_MAX, and for a country that is none.
   */
  async mostPlayed(limit: number, country?: string): Promise<string[]> {
    return listMostPlayed(this.env.LEDGER, Date.now() - MOST_PLAYED_WINDOW_MS, { limit, country });
  }
}
