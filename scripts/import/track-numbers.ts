/** Gives every track of a release a place of its own. */

export interface TrackPlace {
  readonly discNumber: number;
  readonly trackNumber: number;
}

export interface KnownNumbers {
  readonly discNumber: number | null;
  readonly trackNumber: number | null;
}

/** As the contract bounds them; a test holds them together. */
export const DISC_NUMBER_MAX = 99;
export const TRACK_NUMBER_MAX = 999;

/** Places that are named stay, the first time; what is left takes the next free ones of its disc, in order. */
export function numberTracks(known: readonly KnownNumbers[]): TrackPlace[] {
  const taken = new Set<string>();
  const named = known.map(({ discNumber, trackNumber }) => {
    const disc = within(discNumber, DISC_NUMBER_MAX) ?? 1;
    const track = within(trackNumber, TRACK_NUMBER_MAX);
    const isFree = track !== null && !taken.has(placeKey(disc, track));
    if (isFree) taken.add(placeKey(disc, track));
    return { discNumber: disc, trackNumber: isFree ? track : null };
  });
  return named.map(({ discNumber, trackNumber }) => ({
    discNumber,
    trackNumber: trackNumber ?? takeFreeNumber(taken, discNumber),
  }));
}

export function placeKey(discNumber: number, trackNumber: number): string {
  return `${discNumber}-${trackNumber}`;
}

/** The number after a disc's last, or the lowest that is free; it is taken then. Throws where the disc is full. */
export function takeFreeNumber(taken: Set<string>, discNumber: number): number {
  const numbers = Array.from({ length: TRACK_NUMBER_MAX }, (_, i) => i + 1);
  const last = numbers.findLast((number) => taken.has(placeKey(discNumber, number))) ?? 0;
  const free = last < TRACK_NUMBER_MAX ? last + 1 : numbers.find((number) => !taken.has(placeKey(discNumber, number)));
  if (free === undefined) throw new Error(`disc ${discNumber} of a release has more than ${TRACK_NUMBER_MAX} tracks`);
  taken.add(placeKey(discNumber, free));
  return free;
}

function within(value: number | null, max: number): number | null {
  return value !== null && Number.isInteger(value) && value >= 1 && value <= max ? value : null;
}
