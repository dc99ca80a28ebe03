import { type IngestMessage, RECORDINGS_PER_MESSAGE_MAX } from "#domain/ingest/ingest-message.ts";

/** Messages of this kind about all of these recordings. */
export function recordingMessages(
  kind: "takedown-due" | "recordings-deleted",
  recordingIds: readonly string[],
  delaySeconds: number,
): MessageSendRequest<IngestMessage>[] {
  const messages: MessageSendRequest<IngestMessage>[] = [];
  for (let start = 0; start < recordingIds.length; start += RECORDINGS_PER_MESSAGE_MAX) {
    const some = recordingIds.slice(start, start + RECORDINGS_PER_MESSAGE_MAX);
    messages.push({ body: { kind, recordingIds: some }, delaySeconds });
  }
  return messages;
}
