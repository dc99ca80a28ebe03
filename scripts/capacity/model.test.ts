import { describe, expect, it } from "vitest";
import { dollarsOfCharge, PARTS, sumOf } from "./charges.ts";
import { chargesOf, DESIGNS, designNamed } from "./designs.ts";
import { totalsInPackedWorld, totalsOf, totalsOfDesign } from "./model.ts";
import { PAPER_DESIGNS, PAPER_PACKED, PAPER_WAF } from "./paper.ts";
import { dollarsOf, METERS, PLAN_DOLLARS } from "./prices.ts";
import { SCENARIOS, type Scenario, streamsPerMonth } from "./scenarios.ts";

const [small, , , largest] = SCENARIOS as readonly [Scenario, Scenario, Scenario, Scenario];

describe("totals", () => {
  const pairs = SCENARIOS.flatMap((scenario) => DESIGNS.map((design) => ({ scenario, design })));

  it.each(pairs)("of $design.id at $scenario.name add up by part and by meter", ({ scenario, design }) => {
    const totals = totalsOfDesign(scenario, design);
    expect(sumOf(PARTS, (part) => totals.dollarsByPart[part])).toBeCloseTo(totals.dollars, 4);
    expect(sumOf(METERS, (meter) => dollarsOf(meter, totals.amounts[meter]))).toBeCloseTo(totals.dollars, 4);
    expect(totals.dollarsPerThousand * (totals.streams / 1_000)).toBeCloseTo(totals.dollars, 4);
    expect(totals.paperDollarsPerThousand).toBeLessThan(totals.dollarsPerThousand);
  });

  it.each(pairs)("of $design.id at $scenario.name charge for nothing below zero", ({ scenario, design }) => {
    for (const charge of chargesOf(scenario, design.settings)) {
      expect(charge.perMonth, charge.what).toBeGreaterThanOrEqual(0);
      expect(dollarsOfCharge(charge), charge.what).toBeLessThan(Number.POSITIVE_INFINITY);
    }
  });

  it("are billed at the plan's own price where everything is included, but for copies: no plan has their class", () => {
    const few = totalsOfDesign({ ...small, listeners: 10, tracks: 50, pops: 1 }, designNamed("as-built"));
    expect(few.billedDollars).toBeCloseTo(PLAN_DOLLARS + few.dollarsByPart.copies, 10);
    const billed = totalsOfDesign(largest, designNamed("as-built"));
    expect(billed.billedDollars).toBeLessThan(billed.dollars + PLAN_DOLLARS);
    expect(billed.billedDollars).toBeGreaterThan(billed.dollars * 0.99);
  });

  it("grow with listeners, bytes, tracks and misses", () => {
    const design = designNamed("as-built");
    const dollars = (scenario: Scenario) => totalsOfDesign(scenario, design).dollars;
    expect(dollars({ ...largest, listeners: largest.listeners * 2 })).toBeGreaterThan(dollars(largest));
    expect(dollars({ ...largest, meanBytes: largest.meanBytes * 2 })).toBeGreaterThan(dollars(largest));
    expect(dollars({ ...largest, tracks: largest.tracks * 2 })).toBeGreaterThan(dollars(largest));
    expect(dollars({ ...largest, hitRatio: 0.5 })).toBeGreaterThan(dollars({ ...largest, hitRatio: 0.9 }));
  });

  it("cost less for each stream the more there are of them", () => {
    for (const design of DESIGNS) {
      const each = SCENARIOS.map((scenario) => totalsOfDesign(scenario, design).dollarsPerThousand);
      expect(each, design.id).toEqual([...each].sort((a, b) => b - a));
    }
  });

  it("count 45 billion streams a month for 500 million listeners", () => {
    expect(streamsPerMonth(largest)).toBe(45e9);
  });
});

describe("designs", () => {
  const cost = (id: string) => totalsOfDesign(largest, designNamed(id));

  it("cost less where something was made smaller, each in the part that it is about", () => {
    for (const [id, part] of [
      ["ranges-1m", "audio"],
      ["hls", "audio"],
      ["rights-always-asked", "audio"],
      ["vorbis-first", "audio"],
      ["unmerged", "counting"],
      ["each-event", "counting"],
      ["row-per-play", "counting"],
    ] as const) {
      expect(cost(id).dollarsByPart[part], id).toBeGreaterThan(cost("as-built").dollarsByPart[part]);
    }
    for (const [id, part] of [
      ["tiered-cache", "audio"],
      ["waf", "audio"],
      ["shards-put-away", "databases"],
      ["lean-storage", "renditions"],
    ] as const) {
      expect(cost(id).dollarsByPart[part], id).toBeLessThan(cost("as-built").dollarsByPart[part]);
    }
  });

  it("take fewer requests in larger ranges", () => {
    expect(cost("ranges-1m").amounts.workerRequests).toBeLessThan(cost("ranges-256k").amounts.workerRequests);
  });

  it("beat the packed one on paper as they are built, by what that assumes of storage and caches", () => {
    const inTheirs = totalsInPackedWorld(largest, designNamed("as-built"));
    expect(inTheirs.paperDollarsPerThousand).toBeLessThan(PAPER_PACKED.dollarsPerThousand);
  });

  it("beat both of those on paper where all changes are made, and the edge checks everything still", () => {
    const lean = designNamed("lean");
    expect(lean.settings.audio.throughWorker).toBe(true);
    expect(cost("lean").paperDollarsPerThousand).toBeLessThan(PAPER_PACKED.dollarsPerThousand);
    expect(cost("lean").paperDollarsPerThousand).toBeLessThan(PAPER_WAF.dollarsPerThousand);
  });
});

describe("the designs on paper", () => {
  it.each(PAPER_DESIGNS)("come out within a tenth: $name", ({ charges, streams, dollarsPerThousand }) => {
    const ratio = totalsOf(charges, streams).dollarsPerThousand / dollarsPerThousand;
    expect(ratio).toBeGreaterThan(0.9);
    expect(ratio).toBeLessThan(1.1);
  });

  it("contain the storage of the catalog", () => {
    const [naive] = PAPER_DESIGNS;
    if (naive === undefined) throw new RangeError("there is no design");
    const totals = totalsOf(naive.charges, naive.streams);
    expect(totals.dollarsByPart.renditions / totals.dollars).toBeGreaterThan(0.5);
  });
});
