/** The order of a rotation. What it puts where, and how long it waits in between, is its caller's. */
import type { KeyringText, Rotation } from "#domain/foundation/keyring-rotation.ts";

export interface RotationSteps {
  /** Workers that hold the ring. */
  readonly workers: readonly string[];
  readonly put: (worker: string, ring: KeyringText) => Promise<void>;
  /** Written down before any Worker is given it: what broke off can be gone on with. */
  readonly save: (ring: KeyringText) => Promise<void>;
  /** Until no isolate is left that has the ring of before. */
  readonly settle: () => Promise<void>;
}

/** All Workers know the new key before any signs with it. Throws where a step fails: then run it again. */
export async function rotateRing(rotation: Rotation, { workers, put, save, settle }: RotationSteps): Promise<void> {
  for (const ring of [rotation.staged, rotation.rotated]) {
    await save(ring);
    for (const worker of workers) await put(worker, ring);
    await settle();
  }
}
