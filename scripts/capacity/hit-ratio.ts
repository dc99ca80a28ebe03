/**
 * How often what is asked for was asked for a short while ago in the same place. Popularity follows Zipf's law, requests
 * come at random; both are stated in the document, and a ratio of one's own can be given instead.
 */

/** Tracks one by one up to here, and beyond it in groups of like rank. */
const EXACT_RANKS = 1_000;
const GROUP_GROWTH = 1.05;

interface RankGroup {
  readonly tracks: number;
  /** Of one track of the group, before all weights are made to add up to one. */
  readonly weight: number;
}

function rankGroups(tracks: number, exponent: number): RankGroup[] {
  const groups: RankGroup[] = [];
  for (let first = 1; first <= tracks; ) {
    const next = first < EXACT_RANKS ? first + 1 : Math.min(tracks + 1, Math.ceil(first * GROUP_GROWTH));
    groups.push({ tracks: next - first, weight: Math.sqrt(first * (next - 1)) ** -exponent });
    first = next;
  }
  return groups;
}

export interface Popularity {
  readonly tracks: number;
  /** 1 is the classic law; below it the long tail is heard more. */
  readonly zipfExponent: number;
  /** In one place. */
  readonly requestsPerSecond: number;
}

/** Where each use of an entry keeps it for `seconds` more, as in a cache that drops what was used longest ago. */
export function hitRatioOfCache(popularity: Popularity, seconds: number): number {
  return meanOver(popularity, (perSecond) => 1 - Math.exp(-perSecond * seconds));
}

/** Where an entry is thrown away `seconds` after it was read, however often it was used. */
export function hitRatioOfMemo(popularity: Popularity, seconds: number): number {
  return meanOver(popularity, (perSecond) => (perSecond * seconds) / (1 + perSecond * seconds));
}

/**
 * How many different tracks are asked for within `seconds`; with `variants`, how many different pairs of a track and one
 * of so many variants, each of them as likely as another.
 */
export function distinctRequested(
  { tracks, zipfExponent, requestsPerSecond }: Popularity,
  seconds: number,
  variants = 1,
): number {
  const groups = rankGroups(tracks, zipfExponent);
  const total = groups.reduce((sum, group) => sum + group.tracks * group.weight, 0);
  return groups.reduce((sum, group) => {
    const expected = ((group.weight / total) * requestsPerSecond * seconds) / variants;
    return sum + group.tracks * variants * -Math.expm1(-expected);
  }, 0);
}

/** Of so many places, how many are met when `items` are strewn over them. */
export function placesMet(places: number, items: number): number {
  return places * -Math.expm1(-items / places);
}

function meanOver(
  { tracks, zipfExponent, requestsPerSecond }: Popularity,
  hitRatioAt: (perSecond: number) => number,
): number {
  const groups = rankGroups(tracks, zipfExponent);
  const total = groups.reduce((sum, group) => sum + group.tracks * group.weight, 0);
  return groups.reduce((sum, group) => {
    const share = group.weight / total;
    return sum + group.tracks * share * hitRatioAt(share * requestsPerSecond);
  }, 0);
}
