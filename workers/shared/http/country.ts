/** The two-letter country the platform saw the request come from; null where it does not know, and for Tor (T1). */
export function countryOf(request: Request): string | null {
  const country = (request as { cf?: { country?: unknown } }).cf?.country;
  return typeof country === "string" && /^[A-Z]{2}$/.test(country) && country !== "XX" ? country : null;
}

/** No country: the platform does not know, or it is a request that came without a platform. */
export const LOCATION_UNKNOWN = "XX";

interface PlatformProperties {
  readonly cf?: { readonly country?: unknown; readonly asn?: unknown };
}

/** Where the platform saw the request come from: a code of ISO 3166-1, `T1` for Tor, LOCATION_UNKNOWN. */
export function locationOf(request: Request): string {
  const country = (request as PlatformProperties).cf?.country;
  return typeof country === "string" && /^[A-Z][A-Z0-9]$/.test(country) ? country : LOCATION_UNKNOWN;
}

/** The number of the network it came from, null where the platform does not say. */
export function asnOf(request: Request): number | null {
  const asn = (request as PlatformProperties).cf?.asn;
  return typeof asn === "number" ? asn : null;
}
