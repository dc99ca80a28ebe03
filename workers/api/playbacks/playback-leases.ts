/** Asks the account's object who may sound: the one part of a playback that can be away while all else is there. */
import type { AccountId, PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import { err, type Result } from "#domain/foundation/result.ts";
import type { SubjectId } from "#domain/plays/subject.ts";
import type { StreamBeginning } from "#domain/streams/account-streams.ts";
import type { BeginningFault, PlaybackFault } from "#domain/streams/stream-leases.ts";

/** The object gave no answer: nobody can say who may sound, so nobody begins and nothing is signed. */
export interface Unanswered {
  readonly kind: "unanswered";
  readonly cause: unknown;
}

/** Takes a lease, and says who listens. */
export function beginLease(
  env: ApiEnv,
  accountId: AccountId,
  beginning: StreamBeginning,
): Promise<Result<SubjectId, BeginningFault | Unanswered>> {
  return answerOf(() => env.LISTENERS.getByName(accountId).beginStream(beginning));
}

export interface SignOfLife {
  readonly accountId: AccountId;
  readonly playbackId: PlaybackId;
  /** Where given, the playback has to be of this session. */
  readonly sessionId?: string | null;
  /** Where given, the playback has to be of this recording. */
  readonly recordingId?: RecordingId;
  readonly streamsMax: number;
}

/** A sign of life of the playback's session, and whether the playback may go on. */
export function keepLease(
  env: ApiEnv,
  { accountId, playbackId, sessionId = null, recordingId, streamsMax }: SignOfLife,
): Promise<Result<null, PlaybackFault | Unanswered>> {
  const renewal = { playbackId, sessionId, recordingId: recordingId ?? null, streamsMax };
  return answerOf(() => env.LISTENERS.getByName(accountId).keepStream(renewal));
}

async function answerOf<Value, Fault>(
  ask: () => Promise<Result<Value, Fault>>,
): Promise<Result<Value, Fault | Unanswered>> {
  try {
    return await ask();
  } catch (cause) {
    return err({ kind: "unanswered", cause });
  }
}
