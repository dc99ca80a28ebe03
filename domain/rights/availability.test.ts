import { describe, expect, it } from "vitest";
import { encodeBase64url } from "#domain/foundation/base64url.ts";
import {
  type Availability,
  availableUntil,
  compileAvailability,
  isAvailable,
  parseAvailability,
} from "./availability.ts";
import { COMMERCIAL_MODELS, type CommercialModel, type Deal, USE_TYPES, WORLDWIDE } from "./deals.ts";
import { TERRITORIES, territoryBitset } from "./territories.ts";

const HOUR = 3_600_000;

function deal(partial: Partial<Deal>): Deal {
  return {
    territories: [WORLDWIDE],
    excludedTerritories: [],
    commercialModels: COMMERCIAL_MODELS,
    useTypes: USE_TYPES,
    startsAt: 0,
    endsAt: null,
    ...partial,
  };
}

function available(
  deals: readonly Deal[],
  country: string,
  nowMs: number,
  model: CommercialModel = COMMERCIAL_MODELS[0],
): boolean {
  return isAvailable(recordOf(deals), { commercialModel: model, useType: "OnDemandStream", country, nowMs });
}

function recordOf(deals: readonly Deal[]): Availability {
  const availability = parseAvailability(JSON.stringify(compileAvailability(deals)));
  if (availability === null) throw new Error("the compiled record does not parse");
  return availability;
}

/** The deals as they read, without compilation: what the record must equal. */
function bruteForce(deals: readonly Deal[], country: string, nowMs: number, model: CommercialModel) {
  return deals.some(
    (d) =>
      d.commercialModels.includes(model) &&
      d.startsAt <= nowMs &&
      (d.endsAt === null || nowMs < d.endsAt) &&
      (d.territories.includes(WORLDWIDE) || d.territories.includes(country)) &&
      !d.excludedTerritories.includes(country),
  );
}

/** The end of what is open now, deal by deal: the first of all instants from which on nothing is granted. */
function bruteForceUntil(deals: readonly Deal[], country: string, nowMs: number, model: CommercialModel) {
  const instants = deals.flatMap((d) => [d.startsAt, ...(d.endsAt === null ? [] : [d.endsAt])]);
  const closing = [nowMs, ...instants.filter((instant) => instant > nowMs).sort((a, b) => a - b)].find(
    (instant) => !bruteForce(deals, country, instant, model),
  );
  return closing ?? null;
}

const EVERYWHERE = encodeBase64url(territoryBitset(TERRITORIES));
const NOWHERE = encodeBase64url(territoryBitset([]));

function segmentsJson(segments: readonly (readonly [unknown, string])[]): string {
  return JSON.stringify({ v: 1, grants: { "SubscriptionModel/OnDemandStream": segments } });
}

/** A small generator of even spread; the seed names the world. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function randomDeals(random: (below: number) => number, countries: readonly string[]): Deal[] {
  const pick = (from: readonly string[]) => from.filter(() => random(2) === 0);
  return Array.from({ length: random(6) }, () => {
    const startsAt = random(20) * HOUR;
    return deal({
      territories: random(3) === 0 ? [WORLDWIDE] : pick(countries),
      excludedTerritories: random(3) === 0 ? pick(countries) : [],
      commercialModels: COMMERCIAL_MODELS.filter(() => random(3) > 0),
      startsAt,
      endsAt: random(2) === 0 ? null : startsAt + (1 + random(10)) * HOUR,
    });
  });
}

/** The instants at which anything changes, and a second and a millisecond to either side. */
function boundariesOf(deals: readonly Deal[]): number[] {
  return deals.flatMap((d) => [d.startsAt, d.endsAt ?? d.startsAt]).flatMap((t) => [t - 1_000, t - 1, t, t + 1_000]);
}

describe("availability", () => {
  it("has 249 distinct territories [RGT-1]", () => {
    expect(new Set(TERRITORIES).size).toBe(249);
  });

  it("grants nothing without a deal [RGT-2]", () => {
    expect(available([], "DE", 0)).toBe(false);
  });

  it("opens at the first instant of a window and closes at its end, exactly [RGT-3]", () => {
    const deals = [deal({ startsAt: 5 * HOUR, endsAt: 9 * HOUR })];
    expect(available(deals, "FR", 5 * HOUR - 1)).toBe(false);
    expect(available(deals, "FR", 5 * HOUR)).toBe(true);
    expect(available(deals, "FR", 9 * HOUR - 1)).toBe(true);
    expect(available(deals, "FR", 9 * HOUR)).toBe(false);
  });

  it("takes excluded territories out of worldwide, and an unknown code out of everything [RGT-4]", () => {
    const deals = [deal({ excludedTerritories: ["DE"] })];
    expect(available(deals, "DE", HOUR)).toBe(false);
    expect(available(deals, "AT", HOUR)).toBe(true);
    expect(available(deals, "XX", HOUR)).toBe(false);
    expect(available(deals, "T1", HOUR)).toBe(false);
  });

  it("keeps commercial models apart [RGT-5]", () => {
    const deals = [deal({ commercialModels: ["SubscriptionModel"] })];
    expect(available(deals, "US", HOUR, "SubscriptionModel")).toBe(true);
    expect(available(deals, "US", HOUR, "AdvertisementSupportedModel")).toBe(false);
  });

  it("refuses a record of a version it does not know [RGT-6]", () => {
    expect(parseAvailability(JSON.stringify({ v: 2, grants: {} }))).toBeNull();
  });

  it.each([
    ["no JSON", "{"],
    ["null", "null"],
    ["a list", "[]"],
    ["no grants", '{"v":1}'],
    ["grants that are null", '{"v":1,"grants":null}'],
    ["segments that are no list", '{"v":1,"grants":{"SubscriptionModel/OnDemandStream":7}}'],
    ["a segment that is no pair", '{"v":1,"grants":{"SubscriptionModel/OnDemandStream":[7]}}'],
    ["a segment without a beginning", segmentsJson([["soon", EVERYWHERE]])],
    ["a segment that begins never", `{"v":1,"grants":{"SubscriptionModel/OnDemandStream":[[null,"${EVERYWHERE}"]]}}`],
    [
      "segments out of order",
      segmentsJson([
        [2, EVERYWHERE],
        [1, NOWHERE],
      ]),
    ],
    [
      "two segments that begin at once",
      segmentsJson([
        [1, NOWHERE],
        [1, EVERYWHERE],
      ]),
    ],
    ["a bitset of another length", segmentsJson([[1, EVERYWHERE.slice(0, 40)]])],
    ["a bitset in another spelling", segmentsJson([[1, `${EVERYWHERE}=`]])],
  ])("refuses a record with %s, whole [RGT-6]", (_what, json) => {
    expect(parseAvailability(json)).toBeNull();
  });

  it("equals the deals read one by one, at every boundary and a second to either side [RGT-7]", () => {
    const countries = ["DE", "US", "JP", "BR", "GB"];
    for (let seed = 1; seed <= 300; seed++) {
      const random = randomFrom(seed);
      const deals = randomDeals(random, countries);
      const instants = boundariesOf(deals);
      for (const nowMs of instants) {
        for (const country of countries) {
          for (const model of COMMERCIAL_MODELS) {
            const found = available(deals, country, nowMs, model);
            expect(found, `seed ${seed}, ${country}, ${model}, ${nowMs}`).toBe(
              bruteForce(deals, country, nowMs, model),
            );
          }
        }
      }
    }
  });

  it("stays open until the instant at which the last deal for the place ends, and not a moment longer [RGT-16]", () => {
    const deals = [
      deal({ startsAt: HOUR, endsAt: 5 * HOUR, territories: ["DE", "FR"] }),
      deal({ startsAt: 5 * HOUR, endsAt: 9 * HOUR, territories: ["DE"] }),
      deal({ startsAt: 12 * HOUR, territories: ["DE"] }),
    ];
    const until = (country: string, nowMs: number) =>
      availableUntil(recordOf(deals), {
        commercialModel: "SubscriptionModel",
        useType: "OnDemandStream",
        country,
        nowMs,
      });
    expect(until("DE", 2 * HOUR)).toBe(9 * HOUR);
    expect(until("FR", 2 * HOUR)).toBe(5 * HOUR);
    expect(until("FR", 5 * HOUR)).toBe(5 * HOUR);
    expect(until("DE", 10 * HOUR)).toBe(10 * HOUR);
    expect(until("DE", 12 * HOUR)).toBeNull();
    expect(until("US", 2 * HOUR)).toBe(2 * HOUR);
  });

  it("closes when the deals, read one by one, do [RGT-16]", () => {
    const countries = ["DE", "US", "JP", "BR", "GB"];
    for (let seed = 1; seed <= 300; seed++) {
      const deals = randomDeals(randomFrom(seed), countries);
      const availability = recordOf(deals);
      for (const nowMs of boundariesOf(deals)) {
        for (const country of countries) {
          for (const commercialModel of COMMERCIAL_MODELS) {
            const question = { commercialModel, useType: "OnDemandStream", country, nowMs } as const;
            expect(
              availableUntil(availability, question),
              `seed ${seed}, ${country}, ${commercialModel}, ${nowMs}`,
            ).toBe(bruteForceUntil(deals, country, nowMs, commercialModel));
          }
        }
      }
    }
  });
});
