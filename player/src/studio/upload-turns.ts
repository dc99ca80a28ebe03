/** Whose turn it is to be sent. */

/** More at once only share the same line. */
export const UNDER_WAY_MAX = 2;

export type LocalPhase = "draft" | "queued" | "hashing" | "announcing" | "sending" | "paused" | "sent" | "failed";

interface Phased {
  readonly phase: LocalPhase;
}

/** Would be lost if the page went. */
export function isUnderWay(item: Phased): boolean {
  return item.phase === "queued" || takesPlace(item);
}

/** Queued files that there is room for, in the order of the list. */
export function startable<Item extends Phased>(list: readonly Item[]): Item[] {
  const room = UNDER_WAY_MAX - list.filter(takesPlace).length;
  return list.filter((item) => item.phase === "queued").slice(0, Math.max(0, room));
}

function takesPlace({ phase }: Phased): boolean {
  return phase === "hashing" || phase === "announcing" || phase === "sending";
}
