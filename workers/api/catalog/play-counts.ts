/** Qualified plays, as accounting counts them. A page of the catalog is worth having without them. */

/** Longer than accounting takes on a bad day; a listener does not wait longer for a number. */
const PLAY_COUNTS_TIMEOUT_MS = 1_000;

export type PlayCounts = Readonly<Record<string, number>>;

/** By recording, 0 where there are none; null where accounting does not answer, or not in time. */
export async function readPlayCounts(env: ApiEnv, ids: readonly string[]): Promise<PlayCounts | null> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("accounting takes too long")), PLAY_COUNTS_TIMEOUT_MS);
  });
  try {
    return await Promise.race([env.ACCOUNTING.playCounts([...ids]), timeout]);
  } catch (error) {
    console.warn(JSON.stringify({ level: "warn", event: "play-counts-unavailable", message: String(error) }));
    return null;
  } finally {
    clearTimeout(timer);
  }
}
