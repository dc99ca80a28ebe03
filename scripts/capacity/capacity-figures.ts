/** All that the model has to say, for programs. */
import { DESIGNS } from "./designs.ts";
import { totalsOf, totalsOfDesign } from "./model.ts";
import { PAPER_DESIGNS } from "./paper.ts";
import { LIMITS, PRICES, PRICES_AS_OF } from "./prices.ts";
import { cacheHitRatio, type Scenario } from "./scenarios.ts";
import { capacitiesOf } from "./shards.ts";

export function capacityFigures(scenarios: readonly Scenario[]) {
  return {
    pricesAsOf: PRICES_AS_OF,
    prices: PRICES,
    limits: LIMITS,
    scenarios: scenarios.map((scenario) => ({
      ...scenario,
      cacheHitRatio: cacheHitRatio(scenario),
      designs: DESIGNS.map((design) => ({
        ...design,
        ...totalsOfDesign(scenario, design),
        capacities: capacitiesOf(scenario, design.settings),
      })),
    })),
    paper: PAPER_DESIGNS.map(({ name, what, dollarsPerThousand, charges, streams }) => ({
      name,
      what,
      givenDollarsPerThousand: dollarsPerThousand,
      ...totalsOf(charges, streams),
    })),
  };
}
