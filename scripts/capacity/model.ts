/** From what is metered to dollars: for each 1,000 streams, for a month, and as it would be billed. */
import { type Charge, dollarsOfCharge, PARTS, type Part, sumOf } from "./charges.ts";
import { chargesOf, type Design } from "./designs.ts";
import { inPackedWorld, PACKED_WORLD } from "./paper.ts";
import { dollarsOf, METERS, type Meter, PLAN_DOLLARS, PRICES } from "./prices.ts";
import { type Scenario, streamsPerMonth } from "./scenarios.ts";

export interface Totals {
  readonly streams: number;
  readonly charges: readonly Charge[];
  readonly amounts: Readonly<Record<Meter, number>>;
  readonly dollarsByPart: Readonly<Record<Part, number>>;
  /** A month at list price. */
  readonly dollars: number;
  /** A month, less what the plan includes, with the plan's own price. */
  readonly billedDollars: number;
  readonly dollarsPerThousand: number;
  /** Of the charges that the designs on paper have as well. */
  readonly paperDollarsPerThousand: number;
}

const THOUSAND = 1_000;

export function totalsOf(charges: readonly Charge[], streams: number): Totals {
  const amountOf = (meter: Meter) =>
    sumOf(
      charges.filter((charge) => charge.meter === meter),
      ({ perMonth }) => perMonth,
    );
  const amounts = Object.fromEntries(METERS.map((meter) => [meter, amountOf(meter)])) as Record<Meter, number>;
  const dollars = sumOf(charges, dollarsOfCharge);
  const dollarsIn = (part: Part) =>
    sumOf(
      charges.filter((charge) => charge.part === part),
      dollarsOfCharge,
    );
  const inPaper = sumOf(
    charges.filter((charge) => charge.inPaper),
    dollarsOfCharge,
  );
  return {
    streams,
    charges,
    amounts,
    dollarsByPart: Object.fromEntries(PARTS.map((part) => [part, dollarsIn(part)])) as Record<Part, number>,
    dollars,
    billedDollars: PLAN_DOLLARS + sumOf(METERS, (meter) => billedDollarsOf(meter, amounts[meter])),
    dollarsPerThousand: (dollars / streams) * THOUSAND,
    paperDollarsPerThousand: (inPaper / streams) * THOUSAND,
  };
}

function billedDollarsOf(meter: Meter, amount: number): number {
  return dollarsOf(meter, Math.max(0, amount - PRICES[meter].included));
}

export function totalsOfDesign(scenario: Scenario, { settings }: Design): Totals {
  return totalsOf(chargesOf(scenario, settings), streamsPerMonth(scenario));
}

/** What the packed design on paper counts, with what it assumes. */
export function totalsInPackedWorld(scenario: Scenario, { settings }: Design): Totals {
  const charges = chargesOf({ ...scenario, ...PACKED_WORLD }, settings);
  return totalsOf(inPackedWorld(charges), streamsPerMonth(scenario));
}
