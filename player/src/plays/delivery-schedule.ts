/** When waiting play events are sent: seldom, since each request costs more than all the events in it. */
import { MINUTE_MS, SECOND_MS } from "#domain/foundation/time.ts";
import type { PlayEventWire } from "#workers/api/plays/plays-contract.ts";
import type { PlayOutbox } from "./play-outbox.ts";

/** Nothing waits for longer, however long the tracks. A play counts later by as much at most. */
export const WAIT_MAX_MS = 20 * MINUTE_MS;
/** Playbacks that have ended and go together: what has not been sent is in storage, and lost only with that. */
export const REPORT_PLAYBACKS_MAX = 5;
/** While sound comes out there is an event every ten seconds; without one for so long, somebody has paused or muted. */
export const QUIET_MS = 30 * SECOND_MS;

export interface DeliverySchedule {
  /** An event was put into the outbox. */
  added(event: PlayEventWire): void;
  /** What has failed may succeed now: the network is back, or somebody has signed in. */
  sendNow(): void;
}

export interface DeliveryScheduleOptions {
  readonly outbox: Pick<PlayOutbox, "flush" | "waiting" | "fitsLastBatch">;
  /** The service has everything that waited. */
  readonly onDelivered: () => void;
}

export function deliverySchedule({ outbox, onDelivered }: DeliveryScheduleOptions): DeliverySchedule {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isSending = false;
  /** Of the events added since the last sending. */
  let addedAtMs: { readonly first: number; readonly last: number } | null = null;
  let endedCount = 0;
  let isReady = false;
  let isAskedFor = false;
  /** After a failure nothing but `sendNow` is earlier than this. */
  let retryAtMs: number | null = null;

  const dueAtMs = (): number | null => {
    if (isAskedFor) return 0;
    if (retryAtMs !== null) return retryAtMs;
    if (addedAtMs === null) return null;
    return isReady ? 0 : Math.min(addedAtMs.first + WAIT_MAX_MS, addedAtMs.last + QUIET_MS);
  };

  const arm = () => {
    clearTimeout(timer);
    const dueMs = isSending ? null : dueAtMs();
    if (dueMs !== null) timer = setTimeout(() => void sendAll(), Math.max(0, dueMs - Date.now()));
  };

  const sendAll = async () => {
    isSending = true;
    addedAtMs = null;
    endedCount = 0;
    isReady = false;
    isAskedFor = false;
    const hadSome = outbox.waiting() > 0;
    try {
      const waitMs = await outbox.flush();
      retryAtMs = waitMs === null ? null : Date.now() + waitMs;
    } finally {
      isSending = false;
      arm();
    }
    if (hadSome && retryAtMs === null) onDelivered();
  };

  return {
    added(event) {
      const nowMs = Date.now();
      addedAtMs = { first: addedAtMs?.first ?? nowMs, last: nowMs };
      if (event.kind === "end") endedCount += 1;
      isReady ||= endedCount >= REPORT_PLAYBACKS_MAX || !outbox.fitsLastBatch();
      arm();
    },
    sendNow() {
      isAskedFor = true;
      arm();
    },
  };
}
