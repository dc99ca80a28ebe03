/** Asks the service what to warm, page by page, and has the point of presence warm it. */
import type { CallInput, ServiceClient } from "#jobs/client/service-client.ts";
import { createSlots } from "#jobs/slots.ts";
import { messageOf } from "#jobs/terminal/failure-text.ts";
import type { listPrewarm, PrewarmItem } from "#workers/ingest/prewarm/prewarm-contract.ts";
import type { PrewarmSelection } from "./command-line.ts";
import type { PrewarmReport } from "./prewarm-report.ts";

/** What became of one rendition. `unkept`: the cache there takes nothing, or not one so large. */
export type PrewarmResult = "present" | "filled" | "unkept" | "failed";

export type PrewarmCounts = Readonly<Record<PrewarmResult, number>>;

export interface PrewarmRun {
  readonly client: ServiceClient;
  readonly report: PrewarmReport;
  readonly selection: PrewarmSelection;
  /** Null for the service's own choice. */
  readonly profiles: readonly string[] | null;
  readonly concurrency: number;
  readonly stop: AbortSignal;
}

/** Throws where the list cannot be had; a rendition that cannot be warmed is counted, and the rest goes on. */
export async function prewarm(run: PrewarmRun): Promise<PrewarmCounts> {
  const counts: Record<PrewarmResult, number> = { present: 0, filled: 0, unkept: 0, failed: 0 };
  const slots = createSlots(run.concurrency);
  let listed = 0;
  let done = 0;
  // A page at a time: its URLs are good for ten minutes, and those of the next page begin when this one is done.
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await listPage(run, cursor);
    listed += page.items.length;
    const warmOne = async (item: PrewarmItem) => {
      run.stop.throwIfAborted();
      const result = await warm(run, item);
      counts[result] += 1;
      done += 1;
      run.report.warmed(item, result, { done, listed });
    };
    await Promise.all(page.items.map((item) => slots.run(() => warmOne(item))));
    cursor = page.next_cursor;
  }
  return counts;
}

function listPage({ client, profiles, selection, stop }: PrewarmRun, cursor: string | undefined) {
  const body: CallInput<typeof listPrewarm>["body"] = {
    ...selection,
    ...(profiles === null ? {} : { profiles: [...profiles] }),
    ...(cursor === undefined ? {} : { cursor }),
  };
  // Nothing is changed by asking, so it may be asked again.
  const options = { signal: stop, isRepeatable: true };
  return client.call<typeof listPrewarm>("post", "/v1/ingest/prewarm", { body }, options);
}

async function warm({ client, report, stop }: PrewarmRun, { url, profile, track_id }: PrewarmItem) {
  try {
    const answer = await client.postSigned(url, stop);
    await answer.body?.cancel();
    const said = answer.headers.get("x-cache");
    return said === "present" || said === "filled" ? said : "unkept";
  } catch (error) {
    stop.throwIfAborted();
    report.notice(`${track_id} ${profile}: ${messageOf(error)}`);
    return "failed";
  }
}
