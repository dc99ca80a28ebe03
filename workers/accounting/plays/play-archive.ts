/** The raw record of what devices reported, from which shards and ledger can be made again. */
import type { PlayMessage } from "#domain/plays/play-message.ts";

const DATE_LENGTH = "2026-11-23".length;

type QueueMessage = Pick<Message, "id" | "timestamp">;

/** Made of the message alone, so that a message that is delivered again overwrites its own object. */
export function playArchiveKey({ id, timestamp }: QueueMessage): string {
  return `plays/${timestamp.toISOString().slice(0, DATE_LENGTH)}/${id}.json`;
}

export function poisonArchiveKey({ id, timestamp }: QueueMessage): string {
  return `poison/plays/${timestamp.toISOString().slice(0, DATE_LENGTH)}/${id}.json`;
}

/** The archive outlives accounts, so it holds the subject of each playback and leaves the account out. */
export async function archivePlays(archive: R2Bucket, message: QueueMessage, body: PlayMessage): Promise<void> {
  const { accountId: _left, ...kept } = body;
  await archive.put(playArchiveKey(message), JSON.stringify(kept), jsonOptions);
}

/** Exactly as it came: somebody has to find out what it is. */
export async function archivePoison(archive: R2Bucket, message: QueueMessage & { body: unknown }): Promise<void> {
  await archive.put(poisonArchiveKey(message), JSON.stringify(message.body) ?? "null", jsonOptions);
}

const jsonOptions: R2PutOptions = { httpMetadata: { contentType: "application/json" } };
