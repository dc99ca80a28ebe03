/** Takes work for as long as there is any, or for ever. */
import { setTimeout as sleep } from "node:timers/promises";
import { ServiceError } from "#jobs/client/service-error.ts";
import { runTogether } from "#jobs/slots.ts";
import type { claimTranscode, TranscodeLease } from "#workers/ingest/transcodes/transcodes-contract.ts";
import { type TranscodeContext, type TranscodeOutcome, transcodeUpload } from "./transcode-upload.ts";

export interface LoopOptions {
  /** Leases worked on at a time. */
  readonly concurrency: number;
  /** End after one lease. */
  readonly isOnce: boolean;
  /** End where there is no work. */
  readonly endsWhenIdle: boolean;
  /** Names this job in the service's records. */
  readonly worker: string;
}

const IDLE_MS_MIN = 250;
const IDLE_MS_MAX = 2_000;
const CLAIM_TIMEOUT_MS = 10_000;

/** How many leases ended how. Throws where the service refuses the job itself. */
export async function runLoop(
  context: TranscodeContext,
  options: LoopOptions,
): Promise<Record<TranscodeOutcome, number>> {
  const outcomes = { completed: 0, rejected: 0, failed: 0, lost: 0 };
  const lanes = options.isOnce ? 1 : options.concurrency;
  const count = (outcome: TranscodeOutcome) => {
    outcomes[outcome] += 1;
  };
  const lane = (stop: AbortSignal) => runLane({ ...context, stop }, options, count);
  await runTogether(Array<typeof lane>(lanes).fill(lane), context.stop);
  return outcomes;
}

async function runLane(
  context: TranscodeContext,
  options: LoopOptions,
  count: (outcome: TranscodeOutcome) => void,
): Promise<void> {
  let idleMs = IDLE_MS_MIN;
  while (!context.stop.aborted) {
    const lease = await claim(context, options);
    if (lease !== null) {
      count(await transcodeUpload(context, lease));
      if (options.isOnce) return;
      idleMs = IDLE_MS_MIN;
      continue;
    }
    if (options.isOnce || options.endsWhenIdle) return;
    await sleep(idleMs, undefined, { signal: context.stop }).catch(() => {});
    idleMs = Math.min(IDLE_MS_MAX, idleMs * 2);
  }
}

/**
 * The next lease, or null. Not tied to the stop signal: a claim cut off on its way could take a lease that nobody
 * knows of, while one that is answered is given back at once.
 */
async function claim(context: TranscodeContext, options: LoopOptions): Promise<TranscodeLease | null> {
  try {
    const body = { worker: options.worker, lease_seconds: context.leaseSeconds };
    const timeout = { timeoutMs: CLAIM_TIMEOUT_MS };
    return await context.client.call<typeof claimTranscode>("post", "/v1/ingest/transcodes/claim", { body }, timeout);
  } catch (error) {
    const isPatient = !options.isOnce && !options.endsWhenIdle;
    const isPassing = error instanceof ServiceError && (error.isPassing || error.status >= 500);
    if (!isPassing || !isPatient) throw error;
    context.report.notice(error.message);
    return null;
  }
}
