/** Brings play events from this tab to the service: some songs at once, when it is quiet, or when the page goes. */
import { SECOND_MS } from "#domain/foundation/time.ts";
import type { PlayEventWire } from "#workers/api/plays/plays-contract.ts";
import { call } from "../api/client.ts";
import { ApiError } from "../api/problem.ts";
import { deliverySchedule } from "./delivery-schedule.ts";
import type { EventStorage } from "./kept-events.ts";
import { playOutbox, type SendOutcome } from "./play-outbox.ts";

/** The service will not take the same bytes at another time either. */
const REJECTED_STATUSES: readonly number[] = [400, 413, 422];
/** What the service has taken it counts a moment later: its queue gathers for two seconds. */
const COUNTED_AFTER_MS = 4 * SECOND_MS;

export interface PlayDelivery {
  /** A sink for the events of one playback: they are the present account's, whoever is signed in later. */
  collector(): (event: PlayEventWire) => void;
  /** It has become known who is signed in: what waits for them may go. */
  wake(): void;
  /** The page is about to go. */
  leave(): void;
}

export interface PlayDeliveryOptions {
  readonly accountId: () => string | null;
  /** The service has everything that was reported so far, and has had the time to count it. */
  readonly onDelivered: () => void;
}

export function playDelivery({ accountId, onDelivered }: PlayDeliveryOptions): PlayDelivery {
  const outbox = playOutbox({ storage: pageStorage(), send, accountId, now: Date.now, random: Math.random });
  const schedule = deliverySchedule({ outbox, onDelivered: () => void setTimeout(onDelivered, COUNTED_AFTER_MS) });
  let awakeFor: string | null = null;
  addEventListener("online", () => schedule.sendNow());
  return {
    collector() {
      const account = accountId();
      if (account === null) throw new Error("a playback was opened without an account");
      return (event) => {
        outbox.add(event, account);
        schedule.added(event);
      };
    },
    wake() {
      // The session is asked for again and again; only another answer is news.
      if (accountId() === awakeFor) return;
      awakeFor = accountId();
      schedule.sendNow();
    },
    leave: () => outbox.flushOnLeave(),
  };
}

async function send(events: readonly PlayEventWire[], keepalive: boolean): Promise<SendOutcome> {
  try {
    const answer = await call("post /v1/me/play-events", { body: { events: [...events] } }, { keepalive });
    return { kind: "answered", accepted: answer.accepted, refusedIds: answer.refused.map((one) => one.event_id) };
  } catch (error) {
    if (error instanceof ApiError && REJECTED_STATUSES.includes(error.status)) return { kind: "rejected" };
    return { kind: "unreachable" };
  }
}

function pageStorage(): EventStorage {
  try {
    return localStorage;
  } catch {
    return closedStorage;
  }
}

/** Stands in where the browser keeps storage from the page: the outbox then holds its events in memory. */
const closedStorage: EventStorage = {
  length: 0,
  key: () => null,
  getItem: () => null,
  setItem() {
    throw new DOMException("storage is closed to this page", "SecurityError");
  },
  removeItem: () => undefined,
};
