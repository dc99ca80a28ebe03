/** The colour a cover leaves in the eye, to tint the page around it. */
import { useEffect, useState } from "react";

const SAMPLE_SIZE = 24;
const known = new Map<string, string>();

/** A CSS colour, null until the cover has been seen. */
export function useCoverTint(url: string | null | undefined): string | null {
  const [tint, setTint] = useState<string | null>(() => known.get(url ?? "") ?? null);
  useEffect(() => {
    if (url === null || url === undefined || url === "") return setTint(null);
    const found = known.get(url);
    if (found !== undefined) return setTint(found);
    let isCurrent = true;
    const image = new Image();
    image.onload = () => {
      const colour = sample(image);
      if (colour !== null) known.set(url, colour);
      if (isCurrent) setTint(colour);
    };
    image.src = url;
    return () => {
      isCurrent = false;
    };
  }, [url]);
  return tint;
}

function sample(image: HTMLImageElement): string | null {
  const canvas = document.createElement("canvas");
  canvas.width = SAMPLE_SIZE;
  canvas.height = SAMPLE_SIZE;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) return null;
  context.drawImage(image, 0, 0, SAMPLE_SIZE, SAMPLE_SIZE);
  return vividMean(context.getImageData(0, 0, SAMPLE_SIZE, SAMPLE_SIZE).data);
}

/** The mean of the pixels, each weighed by how far it is from grey: a black sleeve with a red dot is red. */
export function vividMean(pixels: ArrayLike<number>): string {
  let [red, green, blue, weightSum] = [0, 0, 0, 0];
  for (let i = 0; i + 3 < pixels.length; i += 4) {
    const [r = 0, g = 0, b = 0] = [pixels[i], pixels[i + 1], pixels[i + 2]];
    const weight = 1 + (Math.max(r, g, b) - Math.min(r, g, b)) ** 2 / 64;
    red += r * weight;
    green += g * weight;
    blue += b * weight;
    weightSum += weight;
  }
  const part = (sum: number) => Math.round(sum / Math.max(1, weightSum));
  return `rgb(${part(red)} ${part(green)} ${part(blue)})`;
}
