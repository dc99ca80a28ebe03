/** Qualified plays, as accounting counts them. A page of the catalog is worth having without them. */
import { logEvent } from "#workers/shared/http/request-log.ts";
import { withTimeout } from "#workers/shared/with-timeout.ts";

/** Longer than accounting takes on a bad day; a listener does not wait longer for a number. */
const PLAY_COUNTS_TIMEOUT_MS = 1_000;

export type PlayCounts = Readonly<Record<string, number>>;

/** By recording, 0 where there are none; null where accounting does not answer, or not in time. */
export async function readPlayCounts(env: ApiEnv, ids: readonly string[]): Promise<PlayCounts | null> {
  try {
    return await withTimeout(env.ACCOUNTING.playCounts([...ids]), PLAY_COUNTS_TIMEOUT_MS);
  } catch (error) {
    logEvent("api", "play-counts-unavailable", { message: String(error) }, "warn");
    return null;
  }
}
