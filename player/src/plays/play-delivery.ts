/** Brings play events from this tab to the service: when they arise, when the network returns, when the page goes. */
import type { PlayEventWire } from "#workers/api/plays/plays-contract.ts";
import { call } from "../api/client.ts";
import { ApiError } from "../api/problem.ts";
import { type EventStorage, type PlayOutbox, playOutbox, type SendOutcome } from "./play-outbox.ts";

/** Events that arise together travel together. */
const GATHER_MS = 300;
/** The service will not take the same bytes at another time either. */
const REJECTED_STATUSES: readonly number[] = [400, 413, 422];

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
  /** The service has everything that was reported so far. */
  readonly onDelivered: () => void;
}

export function playDelivery({ accountId, onDelivered }: PlayDeliveryOptions): PlayDelivery {
  const outbox = playOutbox({ storage: pageStorage(), send, accountId, now: Date.now, random: Math.random });
  const schedule = scheduler(outbox, onDelivered);
  addEventListener("online", () => schedule(0));
  return {
    collector() {
      const account = accountId();
      if (account === null) throw new Error("a playback was opened without an account");
      return (event) => {
        outbox.add(event, account);
        schedule(GATHER_MS);
      };
    },
    wake: () => schedule(0),
    leave: () => outbox.flushOnLeave(),
  };
}

/** One timer at a time: the earliest wins, and a failed flush sets its own next try. */
function scheduler(outbox: PlayOutbox, onDelivered: () => void): (delayMs: number) => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let dueAtMs = Number.POSITIVE_INFINITY;
  const schedule = (delayMs: number) => {
    if (Date.now() + delayMs >= dueAtMs) return;
    if (timer !== null) clearTimeout(timer);
    dueAtMs = Date.now() + delayMs;
    timer = setTimeout(() => void run(), delayMs);
  };
  const run = async () => {
    dueAtMs = Number.POSITIVE_INFINITY;
    const hadSome = outbox.waiting() > 0;
    const waitMs = await outbox.flush();
    if (waitMs !== null) schedule(waitMs);
    else if (hadSome) onDelivered();
  };
  return schedule;
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
