/** The raw record of what devices reported, from which shards and ledger can be made again. */
import { fingerprintOf } from "#domain/foundation/sha256.ts";
import type { PlayMessage } from "#domain/plays/play-message.ts";

const DATE_LENGTH = "2026-11-23".length;

type QueueMessage = Pick<Message, "id" | "timestamp">;

export interface ArchivedMessage {
  readonly message: QueueMessage;
  readonly body: PlayMessage;
}

/** A line of an archived batch. A message that was tried again is in several batches: readers take each id once. */
export interface ArchiveLine extends Omit<PlayMessage, "accountId"> {
  readonly messageId: string;
}

/**
 * Of the batch that has exactly these messages, in any order: where it is delivered again it overwrites its own object.
 * The date is that of its oldest message.
 */
export async function batchArchiveKey(messages: readonly QueueMessage[]): Promise<string> {
  const oldestMs = Math.min(...messages.map(({ timestamp }) => timestamp.getTime()));
  return playArchiveKey(new Date(oldestMs), await fingerprintOf(messages.map(({ id }) => id).sort()));
}

function playArchiveKey(date: Date, fingerprint: string): string {
  return `plays/${date.toISOString().slice(0, DATE_LENGTH)}/${fingerprint}.ndjson`;
}

export function poisonArchiveKey({ id, timestamp }: QueueMessage): string {
  return `poison/plays/${timestamp.toISOString().slice(0, DATE_LENGTH)}/${id}.json`;
}

/**
 * One object, for a write costs as much for a message as for a hundred. The archive outlives accounts, so it holds the
 * subject of each playback and leaves the account out.
 */
export async function archivePlays(archive: R2Bucket, batch: readonly ArchivedMessage[]): Promise<void> {
  if (batch.length === 0) return;
  const lines = [...batch].sort((a, b) => (a.message.id < b.message.id ? -1 : 1)).map(archiveLine);
  const key = await batchArchiveKey(batch.map(({ message }) => message));
  await archive.put(key, lines.join(""), { httpMetadata: { contentType: "application/x-ndjson" } });
}

function archiveLine({ message, body: { accountId: _left, ...kept } }: ArchivedMessage): string {
  const line: ArchiveLine = { messageId: message.id, ...kept };
  return `${JSON.stringify(line)}\n`;
}

/** Exactly as it came: somebody has to find out what it is. */
export async function archivePoison(archive: R2Bucket, message: QueueMessage & { body: unknown }): Promise<void> {
  const body = JSON.stringify(message.body) ?? "null";
  await archive.put(poisonArchiveKey(message), body, { httpMetadata: { contentType: "application/json" } });
}
