/** The outline of a recording as a shape to fill: what the seek bar shows in place of a straight rail. */
import { decodeWaveform, WAVEFORM_PEAKS } from "#domain/delivery/waveform.ts";

/** The shape lies in a box of this size, its middle at half the height. */
export const OUTLINE_BOX = { width: 250, height: 2 } as const;

/** More columns than this would flicker on a narrow screen; each shows the highest of its peaks. */
const PEAKS_PER_COLUMN = WAVEFORM_PEAKS / OUTLINE_BOX.width;
/** Silence is a thin line and not a gap. */
const HALF_HEIGHT_MIN = 0.07;
/** Loud masters have peaks near full scale throughout: squared, what is quieter shows. */
const CONTRAST = 2;

/** The path of an SVG, or null where there is nothing to draw: the plain rail then stays. */
export function waveformOutline(waveform: string | null): string | null {
  const peaks = waveform === null ? null : decodeWaveform(waveform);
  const highest = peaks === null ? 0 : Math.max(...peaks);
  if (peaks === null || highest === 0) return null;
  const middle = OUTLINE_BOX.height / 2;
  const halves = Array.from({ length: OUTLINE_BOX.width }, (_unused, column) => {
    const own = peaks.subarray(column * PEAKS_PER_COLUMN, (column + 1) * PEAKS_PER_COLUMN);
    return Math.max(HALF_HEIGHT_MIN, (Math.max(...own) / highest) ** CONTRAST * middle);
  });
  const above = halves.map((half, column) => `${column + 0.5} ${(middle - half).toFixed(3)}`);
  const below = halves.map((half, column) => `${column + 0.5} ${(middle + half).toFixed(3)}`).reverse();
  return `M0 ${middle}L${above.join("L")}L${OUTLINE_BOX.width} ${middle}L${below.join("L")}Z`;
}
