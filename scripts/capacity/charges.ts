/** What is metered of a design in a month, each piece with the reason why it is there. */
import { dollarsOf, type Meter } from "./prices.ts";
import { type Scenario, streamsPerMonth } from "./scenarios.ts";

/** In the order of the document. */
export const PARTS = ["granting", "audio", "counting", "history", "renditions", "copies", "databases"] as const;

/**
 * - granting: from the listener's wish to signed URLs, and the lease behind them.
 * - audio: the bytes, and what has to be asked before they are sent.
 * - counting: from a player's report to a row that counts.
 * - history: what the listener sees of it.
 * - renditions: what listeners hear, stored once.
 * - copies: the replica and the masters.
 * - databases: storage of everything else.
 */
export type Part = (typeof PARTS)[number];

export interface Charge {
  readonly part: Part;
  readonly what: string;
  readonly meter: Meter;
  readonly perMonth: number;
  /** Whether the paper designs that we compare with have such a charge. They leave out what a service needs beside. */
  readonly inPaper: boolean;
}

/** So much for each stream. */
export interface StreamCharge extends Omit<Charge, "perMonth"> {
  readonly perStream: number;
}

export function monthOf(scenario: Scenario, charges: readonly StreamCharge[]): Charge[] {
  const streams = streamsPerMonth(scenario);
  return charges.map(({ perStream, ...charge }) => ({ ...charge, perMonth: perStream * streams }));
}

/** At list price, as if nothing were included. */
export function dollarsOfCharge({ meter, perMonth }: Charge): number {
  return dollarsOf(meter, perMonth);
}

export function sumOf<T>(items: readonly T[], amountOf: (item: T) => number): number {
  return items.reduce((sum, item) => sum + amountOf(item), 0);
}
