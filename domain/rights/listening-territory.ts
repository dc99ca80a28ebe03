/**
 * Whose rights apply to a listener: of the place they are in, or of the home that was verified. The policy is a table,
 * read from the top: the first row that fits decides. Specified in docs/specs/rights.md.
 */
import type { Product } from "#domain/accounts/products.ts";
import { err, ok, type Result } from "#domain/foundation/result.ts";

/** What the platform says of a request that comes through Tor, and of one whose country it does not know. */
export const LOCATION_TOR = "T1";
export const LOCATION_UNKNOWN = "XX";

export interface Whereabouts {
  /** As the platform says it: ISO 3166-1 alpha-2, LOCATION_TOR or LOCATION_UNKNOWN. */
  readonly location: string;
  /** ISO 3166-1 alpha-2, verified; null where it was not. */
  readonly homeCountry: string | null;
  readonly product: Product;
  /** The request comes out of a network that hosts machines, such as a VPN's: where it ends says little of who sits behind. */
  readonly isAnonymised: boolean;
}

/** How the platform knows the place, and how it does not. */
type Place = "known" | "unknown" | "tor" | "hosting-network";

/** Where the verified home is, seen from the place. `portable` is another country of the same single market. */
type Home = "none" | "here" | "portable" | "abroad";

export type TerritoryRefusal = Exclude<Place, "known">;

interface TerritoryRule {
  /** The id of the rule in the specification. */
  readonly id: string;
  readonly places: readonly Place[];
  readonly homes: readonly Home[];
  readonly products: readonly Product[];
  readonly rightsOf: "location" | "home" | "nowhere";
}

const ALL: readonly Product[] = ["free", "premium", "family"];
/** Article 3 of Regulation (EU) 2017/1128 is for services against payment; article 6 leaves it to free ones to join. */
const PAID: readonly Product[] = ["premium", "family"];
const VAGUE: readonly Place[] = ["unknown", "tor", "hosting-network"];

export const TERRITORY_POLICY: readonly TerritoryRule[] = [
  // Whoever hides where they are has the rights that they have at home, and without a verified home none.
  { id: "TER-1", places: VAGUE, homes: ["none"], products: ALL, rightsOf: "nowhere" },
  { id: "TER-2", places: VAGUE, homes: ["here", "portable", "abroad"], products: ALL, rightsOf: "home" },
  { id: "TER-3", places: ["known"], homes: ["none", "here"], products: ALL, rightsOf: "location" },
  // By article 4 of the regulation the listener counts as at home.
  { id: "TER-4", places: ["known"], homes: ["portable"], products: PAID, rightsOf: "home" },
  // Rights are territorial: elsewhere a traveller has those of the place, which may be more or less than at home.
  { id: "TER-5", places: ["known"], homes: ["portable", "abroad"], products: ALL, rightsOf: "location" },
];

/**
 * Where Regulation (EU) 2017/1128 is in force: the Union with its outermost regions and Åland, which have codes of
 * their own, and the states of the European Economic Area.
 */
export const PORTABILITY_TERRITORIES: ReadonlySet<string> = new Set(
  (
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK " +
    "AX GF GP MF MQ RE YT IS LI NO"
  ).split(" "),
);

/** The country whose rights apply, or why there is none. It is never one that is neither the place nor the home. */
export function listeningTerritory(whereabouts: Whereabouts): Result<string, { readonly kind: TerritoryRefusal }> {
  const { location, homeCountry } = whereabouts;
  const place = placeOf(whereabouts);
  const rule = territoryRuleFor(whereabouts);
  if (rule.rightsOf === "home" && homeCountry !== null) return ok(homeCountry);
  if (rule.rightsOf === "location" && place === "known") return ok(location);
  return err({ kind: place === "known" ? "unknown" : place });
}

/** The row of the policy that decides. */
export function territoryRuleFor(whereabouts: Whereabouts): TerritoryRule {
  const place = placeOf(whereabouts);
  const home = homeOf(whereabouts);
  const rule = TERRITORY_POLICY.find(
    ({ places, homes, products }) =>
      places.includes(place) && homes.includes(home) && products.includes(whereabouts.product),
  );
  if (rule === undefined) throw new Error("the territory policy has a gap");
  return rule;
}

/** A code that is in no list is a place all the same, one for which nobody holds rights: it opens nothing. */
function placeOf({ location, isAnonymised }: Whereabouts): Place {
  if (location === LOCATION_TOR) return "tor";
  if (location === LOCATION_UNKNOWN || !/^[A-Z]{2}$/.test(location)) return "unknown";
  return isAnonymised ? "hosting-network" : "known";
}

function homeOf({ location, homeCountry }: Whereabouts): Home {
  if (homeCountry === null) return "none";
  if (homeCountry === location) return "here";
  const isPortable = PORTABILITY_TERRITORIES.has(homeCountry) && PORTABILITY_TERRITORIES.has(location);
  return isPortable ? "portable" : "abroad";
}
