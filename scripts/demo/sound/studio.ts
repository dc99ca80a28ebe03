/** Buffers that are used again for the next piece: fresh ones of this size cost a tenth of the time in page faults. */
import type { StereoSamples } from "./audio-format.ts";

export interface Studio {
  /** Silent samples; those handed out under the same name before are no longer good. */
  readonly mono: (name: string, length: number) => Float32Array;
  readonly stereo: (name: string, length: number) => StereoSamples;
}

export function createStudio(): Studio {
  const kept = new Map<string, Float32Array>();
  const mono = (name: string, length: number) => {
    const known = kept.get(name);
    if (known && known.length >= length) return known.subarray(0, length).fill(0);
    const fresh = new Float32Array(length);
    kept.set(name, fresh);
    return fresh;
  };
  return {
    mono,
    stereo: (name, length) => ({ left: mono(`${name} left`, length), right: mono(`${name} right`, length) }),
  };
}
