/**
 * Takes play messages from the queue: archive, count in the shard, tell the ledger which shards have news, write the
 * history, acknowledge. Each step may be done again without effect, and a message is acknowledged after the last of them:
 * whatever fails or crashes in between, the message comes back and all of its steps are repeated. The archive has the
 * batch in one object. The roll-up brings the news into the ledger's sums.
 */
import type { AccountId } from "#domain/foundation/ids.ts";
import type { AssessedPlayback, ReceivedPlayback } from "#domain/plays/listening-day.ts";
import type { HistoryEntry } from "#domain/plays/play-history.ts";
import type { PlayMessage } from "#domain/plays/play-message.ts";
import { playShardName } from "#domain/plays/play-shard.ts";
import { logEvent, logFailure } from "#workers/shared/http/request-log.ts";
import { retryDelaySeconds } from "#workers/shared/queues/retry-delay.ts";
import { archivePlays, archivePoison } from "./play-archive.ts";
import { playMessageSchema } from "./play-message-schema.ts";
import { noteNews } from "./roll-up-store.ts";

const WORKER = "accounting";
/** With the twenty retries of wrangler.toml the delays bridge about ten hours before a message is given up. */
export const RETRY_DELAY_SECONDS_MAX = 3_600;

interface Delivery {
  readonly message: Message;
  readonly body: PlayMessage;
}

export async function consumePlays(env: AccountingEnv, batch: MessageBatch): Promise<void> {
  const received = (await Promise.all(batch.messages.map((message) => receive(env, message)))).filter(
    (delivery) => delivery !== null,
  );
  const deliveries = await archive(env, received);
  const failed = new Set<Delivery>();
  const { qualified, news } = await recordInShards(env, deliveries, failed);
  await tellLedger(env, deliveries, news, failed);
  await writeHistories(env, deliveries, qualified, failed);
  for (const delivery of deliveries) {
    if (failed.has(delivery)) retryLater(delivery.message);
    else delivery.message.ack();
  }
}

/**
 * The message with its body checked; null where it is dealt with already. A body that is not a play message is stored by
 * itself and acknowledged: retries cannot mend it, and a dead-letter queue forgets after some days.
 */
async function receive(env: AccountingEnv, message: Message): Promise<Delivery | null> {
  const parsed = playMessageSchema.safeParse(message.body);
  if (parsed.success) return { message, body: parsed.data };
  try {
    await archivePoison(env.ARCHIVE, message);
    const issues = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    logEvent(WORKER, "poison-message", { messageId: message.id, issues }, "error");
    message.ack();
  } catch (error) {
    logFailure(WORKER, message.id, error);
    retryLater(message);
  }
  return null;
}

/** What is in the archive: the whole batch, or nothing of it where the write fails, and then all of it comes again. */
async function archive(env: AccountingEnv, received: readonly Delivery[]): Promise<readonly Delivery[]> {
  try {
    await archivePlays(env.ARCHIVE, received);
    return received;
  } catch (error) {
    logFailure(WORKER, "archive", error);
    for (const { message } of received) retryLater(message);
    return [];
  }
}

interface Recorded {
  /** What counts of the playbacks touched, by playback id. */
  readonly qualified: Map<string, AssessedPlayback>;
  /** The newest round in which one of them first counted, by shard. Whether it was added since, the ledger knows. */
  readonly news: Map<string, number>;
}

/** One call for each shard. */
async function recordInShards(
  env: AccountingEnv,
  deliveries: readonly Delivery[],
  failed: Set<Delivery>,
): Promise<Recorded> {
  const received = deliveries.flatMap((delivery) =>
    delivery.body.playbacks.map((reported) => ({
      delivery,
      shard: playShardName(reported.playback),
      report: { ...reported, receivedAtMs: delivery.body.receivedAtMs } satisfies ReceivedPlayback,
    })),
  );
  const qualified = new Map<string, AssessedPlayback>();
  const news = new Map<string, number>();
  const byShard = Map.groupBy(received, ({ shard }) => shard);
  await Promise.all(
    [...byShard].map(async ([shard, reports]) => {
      try {
        const recorded = await env.PLAY_SHARDS.getByName(shard).recordReports(reports.map(({ report }) => report));
        for (const play of recorded.assessed) {
          if (play.isRoyaltyEligible) qualified.set(play.playback.playbackId, play);
        }
        if (recorded.newestRound > 0) news.set(shard, recorded.newestRound);
        const { conflicts, surplus } = recorded;
        if (conflicts + surplus > 0) logEvent(WORKER, "play-events-set-aside", { shard, conflicts, surplus });
      } catch (error) {
        logFailure(WORKER, shard, error);
        for (const { delivery } of reports) failed.add(delivery);
      }
    }),
  );
  return { qualified, news };
}

async function tellLedger(
  env: AccountingEnv,
  deliveries: readonly Delivery[],
  news: ReadonlyMap<string, number>,
  failed: Set<Delivery>,
): Promise<void> {
  try {
    await noteNews(env.LEDGER, news);
  } catch (error) {
    logFailure(WORKER, "ledger", error);
    for (const delivery of deliveries) failed.add(delivery);
  }
}

/** A listener never sees a play that does not count. One call for each account. */
async function writeHistories(
  env: AccountingEnv,
  deliveries: readonly Delivery[],
  qualified: ReadonlyMap<string, AssessedPlayback>,
  failed: Set<Delivery>,
): Promise<void> {
  const recorded = deliveries.filter((delivery) => !failed.has(delivery));
  const byAccount = Map.groupBy(recorded, ({ body }) => body.accountId);
  await Promise.all(
    [...byAccount].map(async ([accountId, own]) => {
      try {
        await writeHistory(env, accountId, own, qualified);
      } catch (error) {
        logFailure(WORKER, "history", error);
        for (const delivery of own) failed.add(delivery);
      }
    }),
  );
}

async function writeHistory(
  env: AccountingEnv,
  accountId: AccountId,
  deliveries: readonly Delivery[],
  qualified: ReadonlyMap<string, AssessedPlayback>,
): Promise<void> {
  const entries = new Map<string, HistoryEntry>();
  for (const { playback } of deliveries.flatMap(({ body }) => body.playbacks)) {
    const play = qualified.get(playback.playbackId)?.playback;
    if (play === undefined) continue;
    const { playbackId, recordingId, issuedAtMs } = play;
    entries.set(playbackId, { playbackId, recordingId, playedAtMs: issuedAtMs });
  }
  if (entries.size > 0) await env.LISTENERS.getByName(accountId).recordPlays([...entries.values()]);
}

function retryLater(message: Message): void {
  message.retry({ delaySeconds: retryDelaySeconds(message.attempts, RETRY_DELAY_SECONDS_MAX) });
}
