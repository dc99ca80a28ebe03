/**
 * Deals compile to one record a track, found by a single key: for each commercial model and use, the countries and the
 * instants at which they change. The edge answers from it without a database, and an embargo lifts or a window closes
 * at its exact instant without anything being written. Specified in docs/specs/rights.md.
 */
import { decodeBase64url, encodeBase64url } from "#domain/foundation/base64url.ts";
import type { EpochMs } from "#domain/foundation/time.ts";
import { COMMERCIAL_MODELS, type CommercialModel, type Deal, USE_TYPES, type UseType, WORLDWIDE } from "./deals.ts";
import { bitsetHas, TERRITORIES, TERRITORY_BITSET_BYTES, territoryBitset } from "./territories.ts";

const AVAILABILITY_VERSION = 1;

type GrantKey = `${CommercialModel}/${UseType}`;

/** Holds from `[0]` until the next segment's: `[1]` is base64url of a territory bitset. */
type Segment = readonly [startsAt: EpochMs, countries: string];

/** As stored (JSON). A model and use without segments is granted nowhere. */
export interface AvailabilityRecord {
  readonly v: typeof AVAILABILITY_VERSION;
  readonly grants: Readonly<Partial<Record<GrantKey, readonly Segment[]>>>;
}

interface DecodedSegment {
  readonly startsAt: EpochMs;
  readonly countries: Uint8Array;
}

/** As asked: bitsets decoded once, for a record that is kept in memory. */
export type Availability = ReadonlyMap<string, readonly DecodedSegment[]>;

export interface AvailabilityQuestion {
  readonly commercialModel: CommercialModel;
  readonly useType: UseType;
  readonly country: string;
  readonly nowMs: EpochMs;
}

export function compileAvailability(deals: readonly Deal[]): AvailabilityRecord {
  const grants: Partial<Record<GrantKey, readonly Segment[]>> = {};
  for (const model of COMMERCIAL_MODELS) {
    for (const use of USE_TYPES) {
      const segments = compileSegments(
        deals.filter((deal) => deal.commercialModels.includes(model) && deal.useTypes.includes(use)),
      );
      if (segments.length > 0) grants[`${model}/${use}`] = segments;
    }
  }
  return { v: AVAILABILITY_VERSION, grants };
}

function compileSegments(deals: readonly Deal[]): Segment[] {
  const instants = new Set(
    deals.flatMap((deal) => (deal.endsAt === null ? [deal.startsAt] : [deal.startsAt, deal.endsAt])),
  );
  const segments: Segment[] = [];
  let previous = encodeBase64url(territoryBitset([]));
  for (const instant of [...instants].sort((a, b) => a - b)) {
    const inForce = deals.filter((deal) => deal.startsAt <= instant && (deal.endsAt === null || instant < deal.endsAt));
    const countries = encodeBase64url(territoryBitset(inForce.flatMap(territoriesOf)));
    if (countries !== previous) segments.push([instant, countries]);
    previous = countries;
  }
  return segments;
}

function territoriesOf(deal: Deal): readonly string[] {
  const included = deal.territories.includes(WORLDWIDE) ? TERRITORIES : deal.territories;
  return included.filter((code) => !deal.excludedTerritories.includes(code));
}

/**
 * The record behind stored JSON, or null where it is none that this code can read: then nothing is granted. Checked by
 * hand, because the edge has no schema library and a record that is off must not let anything through.
 */
export function parseAvailability(json: string): Availability | null {
  const record = parseJson(json);
  if (!isObject(record) || record["v"] !== AVAILABILITY_VERSION || !isObject(record["grants"])) return null;
  const availability = new Map<string, readonly DecodedSegment[]>();
  for (const [key, segments] of Object.entries(record["grants"])) {
    const decoded = Array.isArray(segments) ? decodeSegments(segments) : null;
    if (decoded === null) return null;
    availability.set(key, decoded);
  }
  return availability;
}

/** Null unless the segments are in order of time: the last that has begun is the one in force. */
function decodeSegments(segments: readonly unknown[]): readonly DecodedSegment[] | null {
  const decoded: DecodedSegment[] = [];
  let previousStartsAt = Number.NEGATIVE_INFINITY;
  for (const segment of segments) {
    const [startsAt, text]: readonly unknown[] = Array.isArray(segment) ? segment : [];
    if (typeof startsAt !== "number" || !(startsAt > previousStartsAt) || typeof text !== "string") return null;
    const countries = decodeBase64url(text);
    if (countries === null || countries.length !== TERRITORY_BITSET_BYTES) return null;
    decoded.push({ startsAt, countries });
    previousStartsAt = startsAt;
  }
  return decoded;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

export function isAvailable(availability: Availability, question: AvailabilityQuestion): boolean {
  const segments = availability.get(`${question.commercialModel}/${question.useType}`) ?? [];
  let inForce: DecodedSegment | null = null;
  for (const segment of segments) {
    if (segment.startsAt > question.nowMs) break;
    inForce = segment;
  }
  return inForce !== null && bitsetHas(inForce.countries, question.country);
}

/**
 * The instant, exclusive, until which a track may be played without a break from the instant asked about: `nowMs`
 * itself where it may not be played at all, null where no end is known.
 */
export function availableUntil(availability: Availability, question: AvailabilityQuestion): EpochMs | null {
  if (!isAvailable(availability, question)) return question.nowMs;
  const segments = availability.get(`${question.commercialModel}/${question.useType}`) ?? [];
  const closing = segments.find(
    ({ startsAt, countries }) => startsAt > question.nowMs && !bitsetHas(countries, question.country),
  );
  return closing?.startsAt ?? null;
}

/** Where a track's record is kept in the key-value store. */
export function availabilityKey(recordingId: string): string {
  return `availability/${recordingId}`;
}
