/** Accounting: counts plays, and alone writes the ledger. Others ask it by RPC; over HTTP it says only how it is. */
import { WorkerEntrypoint } from "cloudflare:workers";
import { getHealth, getReadiness } from "#workers/shared/http/health-contract.ts";
import { problemResponse } from "#workers/shared/http/problem.ts";
import { checkReadiness } from "#workers/shared/http/readiness.ts";
import { consumePlays } from "./plays/plays-consumer.ts";
import { countPlays } from "./plays/plays-store.ts";

const WORKER = "accounting";

export default class AccountingWorker extends WorkerEntrypoint<AccountingEnv> {
  override async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const isKnown = pathname === getHealth.path || pathname === getReadiness.path;
    if (!isKnown) return problemResponse("not-found");
    if (request.method !== "GET") return problemResponse("method-not-allowed", { headers: { allow: "GET" } });
    if (pathname === getHealth.path) return Response.json({ status: "ok", worker: WORKER });
    const readiness = await checkReadiness(WORKER, {
      ledger: () => this.env.LEDGER.prepare("SELECT playback_id FROM qualified_plays LIMIT 1").first(),
      archive: () => this.env.ARCHIVE.head("readiness"),
    });
    return Response.json(readiness, { status: readiness.status === "ok" ? 200 : 503 });
  }

  override async queue(batch: MessageBatch): Promise<void> {
    await consumePlays(this.env, batch);
  }

  /** Qualified plays of each recording; 0 where there are none. Throws RangeError beyond PLAY_COUNTS_MAX ids. */
  async playCounts(recordingIds: string[]): Promise<Record<string, number>> {
    return countPlays(this.env.LEDGER, recordingIds);
  }
}
