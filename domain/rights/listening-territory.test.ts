import { describe, expect, it } from "vitest";
import { PRODUCTS } from "#domain/accounts/products.ts";
import {
  LOCATION_TOR,
  LOCATION_UNKNOWN,
  listeningTerritory,
  PORTABILITY_TERRITORIES,
  TERRITORY_POLICY,
  territoryRuleFor,
  type Whereabouts,
} from "./listening-territory.ts";
import { TERRITORIES } from "./territories.ts";

function at(location: string, partial: Partial<Whereabouts> = {}): Whereabouts {
  return { location, homeCountry: null, product: "free", isAnonymised: false, ...partial };
}

const VAGUE = [
  { kind: "tor", where: at(LOCATION_TOR) },
  { kind: "unknown", where: at(LOCATION_UNKNOWN) },
  { kind: "hosting-network", where: at("DE", { isAnonymised: true }) },
] as const;

/** Every combination there is of places and homes, products and networks. */
function* everyWhereabouts(): Generator<Whereabouts> {
  const locations = [...TERRITORIES, LOCATION_TOR, LOCATION_UNKNOWN, "XK", "ZZ", "", "de", "DEU", "D"];
  const homes = [null, "DE", "FR", "NO", "US", "JP", "GB", "GP", "CH"];
  for (const location of locations) {
    for (const homeCountry of homes) {
      for (const product of PRODUCTS) {
        for (const isAnonymised of [false, true]) yield { location, homeCountry, product, isAnonymised };
      }
    }
  }
}

describe("the territory of a listener", () => {
  it.each(VAGUE)("is nowhere by $kind without a verified home, paid for or not [TER-1]", ({ kind, where }) => {
    for (const product of PRODUCTS) {
      expect(territoryRuleFor({ ...where, product }).id).toBe("TER-1");
      expect(listeningTerritory({ ...where, product })).toEqual({ ok: false, error: { kind } });
    }
  });

  it.each(VAGUE)("is the verified home by $kind [TER-2]", ({ where }) => {
    for (const product of PRODUCTS) {
      for (const homeCountry of ["DE", "FR", "US"]) {
        const whereabouts = { ...where, product, homeCountry };
        expect(territoryRuleFor(whereabouts).id).toBe("TER-2");
        expect(listeningTerritory(whereabouts)).toEqual({ ok: true, value: homeCountry });
      }
    }
  });

  it("is the place, where that is known and no other home is [TER-3]", () => {
    for (const product of PRODUCTS) {
      for (const homeCountry of [null, "JP"]) {
        const whereabouts = at("JP", { homeCountry, product });
        expect(territoryRuleFor(whereabouts).id).toBe("TER-3");
        expect(listeningTerritory(whereabouts)).toEqual({ ok: true, value: "JP" });
      }
    }
  });

  it.each([
    ["DE", "FR"],
    ["FR", "DE"],
    ["NO", "ES"],
    ["IE", "IS"],
    ["LI", "AT"],
    ["DE", "GP"],
  ])("of a subscriber at home in %s is that in %s: one market [TER-4]", (homeCountry, location) => {
    for (const product of ["premium", "family"] as const) {
      const whereabouts = at(location, { homeCountry, product });
      expect(territoryRuleFor(whereabouts).id).toBe("TER-4");
      expect(listeningTerritory(whereabouts)).toEqual({ ok: true, value: homeCountry });
    }
  });

  it.each([
    ["a free account from home, also within the market", "DE", "FR", "free"],
    ["a subscriber outside of the market", "DE", "US", "premium"],
    ["a subscriber who comes into the market", "US", "DE", "premium"],
    ["a subscriber in Switzerland, which is not of it", "DE", "CH", "family"],
    ["a subscriber in Britain, which left it", "FR", "GB", "premium"],
    ["a family between two other markets", "US", "JP", "family"],
  ] as const)("is the place for %s [TER-5]", (_who, homeCountry, location, product) => {
    const whereabouts = at(location, { homeCountry, product });
    expect(territoryRuleFor(whereabouts).id).toBe("TER-5");
    expect(listeningTerritory(whereabouts)).toEqual({ ok: true, value: location });
  });

  it("is never one that is neither the place nor the verified home [TER-6]", () => {
    let granted = 0;
    for (const whereabouts of everyWhereabouts()) {
      const territory = listeningTerritory(whereabouts);
      if (!territory.ok) continue;
      granted++;
      expect([whereabouts.location, whereabouts.homeCountry]).toContain(territory.value);
      expect(territory.value).toMatch(/^[A-Z]{2}$/);
      expect(territory.value).not.toBe(LOCATION_UNKNOWN);
    }
    expect(granted).toBeGreaterThan(10_000);
  });

  it("is none for whoever hides the place and has no verified home, and for nobody else [TER-7]", () => {
    for (const whereabouts of everyWhereabouts()) {
      const { location, homeCountry, isAnonymised } = whereabouts;
      const isHidden = isAnonymised || !/^[A-Z]{2}$/.test(location) || location === LOCATION_UNKNOWN;
      expect(listeningTerritory(whereabouts).ok, JSON.stringify(whereabouts)).toBe(!(isHidden && homeCountry === null));
    }
  });

  it("is decided by a table without gaps, each of whose rows decides something [TER-6]", () => {
    const used = new Set<string>();
    for (const whereabouts of everyWhereabouts()) used.add(territoryRuleFor(whereabouts).id);
    expect([...used].toSorted()).toEqual(TERRITORY_POLICY.map(({ id }) => id));
  });

  it("knows 27 states of the Union with seven regions, and three of the Economic Area [TER-4]", () => {
    expect(PORTABILITY_TERRITORIES.size).toBe(27 + 7 + 3);
    for (const code of PORTABILITY_TERRITORIES) expect(TERRITORIES).toContain(code);
  });
});
