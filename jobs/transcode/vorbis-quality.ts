/**
 * Finds the quality at which Vorbis meets a tier. libvorbis keeps a quality, and how many bits that takes is up to the
 * music: from two thirds of what is usual to well above. Its own managed mode meets a rate and takes four times as
 * long; encoding again at a quality that what came out suggests meets it after two tries, seldom three.
 */
export interface QualityTry {
  readonly quality: number;
  /** What came out. */
  readonly kbps: number;
}

/** Further off than this, a tier is tried again. */
export const TIER_TOLERANCE = 0.04;
const TRIES_MAX = 3;
const QUALITY_MIN = -1;
const QUALITY_MAX = 10;
/** Two qualities as near as this give nearly the same bytes. */
const QUALITY_STEP = 0.05;
/** kbit/s of usual music in stereo at 44.1 kHz, by quality from -1 to 10: libvorbis, `rate_mapping_44_stereo`. */
const USUAL_KBPS = [45, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 500];

/** The quality that gives so much on usual music. */
export function usualQuality(kbps: number): number {
  const above = USUAL_KBPS.findIndex((usual) => usual >= kbps);
  if (above < 0) return QUALITY_MAX;
  if (above === 0) return QUALITY_MIN;
  const [low, high] = [USUAL_KBPS[above - 1] ?? 0, USUAL_KBPS[above] ?? 0];
  return rounded(QUALITY_MIN + above - 1 + (kbps - low) / (high - low));
}

/** What to try next, or null where the tier is met, or as near as it comes. */
export function nextQuality(tries: readonly QualityTry[], targetKbps: number): number | null {
  const [last, before] = [tries.at(-1), tries.at(-2)];
  if (last === undefined) return usualQuality(targetKbps);
  if (offBy(last, targetKbps) <= TIER_TOLERANCE || tries.length >= TRIES_MAX) return null;
  const quality =
    before === undefined || before.kbps === last.kbps
      ? usualQuality((targetKbps * usualKbps(last.quality)) / last.kbps)
      : between(before, last, targetKbps);
  const isNew = tries.every((tried) => Math.abs(tried.quality - quality) >= QUALITY_STEP);
  return isNew ? quality : null;
}

/** Of what was tried, the place of the nearest to the tier. */
export function nearestTry(tries: readonly QualityTry[], targetKbps: number): number {
  return tries.reduce(
    (best, tried, index) => (offBy(tried, targetKbps) < offBy(tries[best] ?? tried, targetKbps) ? index : best),
    0,
  );
}

function offBy({ kbps }: QualityTry, targetKbps: number): number {
  return Math.abs(kbps / targetKbps - 1);
}

function usualKbps(quality: number): number {
  const place = quality - QUALITY_MIN;
  const [low, high] = [USUAL_KBPS[Math.floor(place)] ?? 0, USUAL_KBPS[Math.ceil(place)] ?? 0];
  return low + (high - low) * (place - Math.floor(place));
}

/** On the line through two tries, which may lead on beyond them. */
function between(one: QualityTry, other: QualityTry, targetKbps: number): number {
  const slope = (other.quality - one.quality) / (other.kbps - one.kbps);
  return rounded(other.quality + slope * (targetKbps - other.kbps));
}

function rounded(quality: number): number {
  return Math.min(QUALITY_MAX, Math.max(QUALITY_MIN, Math.round(quality * 100) / 100));
}
