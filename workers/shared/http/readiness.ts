import { withTimeout } from "#workers/shared/with-timeout.ts";
import type { Readiness } from "./health-contract.ts";

/** A dependency that takes longer does not help a request any more. */
const CHECK_TIMEOUT_MS = 2_000;

/** Runs the checks side by side; one that throws or is slow has failed. */
export async function checkReadiness(
  worker: string,
  checks: Readonly<Record<string, () => Promise<unknown>>>,
): Promise<Readiness> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await passes(check)] as const),
  );
  const degraded = results.some(([, passed]) => !passed);
  return {
    status: degraded ? "degraded" : "ok",
    worker,
    checks: Object.fromEntries(results.map(([name, passed]) => [name, passed ? "ok" : "failed"])),
  };
}

async function passes(check: () => Promise<unknown>): Promise<boolean> {
  try {
    await withTimeout(check(), CHECK_TIMEOUT_MS);
    return true;
  } catch {
    return false;
  }
}
