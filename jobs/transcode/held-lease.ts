/** Holds a lease for as long as the work takes, and ends the work where the lease is lost. */

import type { ServiceClient } from "#jobs/client/service-client.ts";
import { ServiceError } from "#jobs/client/service-error.ts";
import type { heartbeatTranscode, TranscodeLease } from "#workers/ingest/transcodes/transcodes-contract.ts";

/** The work belongs to another job now: nothing that this one does may still count. */
export class LeaseLostError extends Error {
  constructor(detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.name = "LeaseLostError";
  }
}

export interface HeldLease {
  readonly lease: TranscodeLease;
  /** Aborted with a LeaseLostError where the lease is lost, else with the reason of the job's own signal. */
  readonly signal: AbortSignal;
  /** What the next heartbeat says, 0 to 1. */
  setProgress(fraction: number): void;
  release(): void;
}

export interface HoldOptions {
  readonly leaseSeconds: number;
  readonly stop: AbortSignal;
  /** Called at each heartbeat. */
  readonly onBeat: () => Promise<void>;
}

export function holdLease(client: ServiceClient, lease: TranscodeLease, options: HoldOptions): HeldLease {
  const leaseMs = options.leaseSeconds * 1_000;
  const intervalMs = Math.floor(leaseMs / 3);
  const lost = new AbortController();
  let confirmedAtMs = performance.now();
  let progress = 0;

  async function beat(): Promise<void> {
    const sentAtMs = performance.now();
    try {
      await options.onBeat();
      await sendHeartbeat(client, lease.id, progress, intervalMs);
      // Counted from when it was sent: the service may have begun the new term at any time since.
      confirmedAtMs = sentAtMs;
    } catch (error) {
      const isOver = performance.now() - confirmedAtMs + intervalMs > leaseMs;
      // Anything but the service's word, or its silence, is a fault of ours: the work goes back with it.
      if (!(error instanceof ServiceError)) lost.abort(error);
      else if (isLeaseLost(error) || isOver) lost.abort(new LeaseLostError(error.message, { cause: error }));
    }
    if (!lost.signal.aborted) timer = setTimeout(beat, intervalMs);
  }

  let timer = setTimeout(beat, intervalMs);
  return {
    lease,
    signal: AbortSignal.any([options.stop, lost.signal]),
    setProgress(fraction) {
      progress = fraction;
    },
    release() {
      clearTimeout(timer);
      lost.abort(new LeaseLostError("The lease was given back."));
    },
  };
}

async function sendHeartbeat(client: ServiceClient, id: string, progress: number, timeoutMs: number): Promise<void> {
  const path = "/v1/ingest/transcodes/:id/heartbeat";
  await client.call<typeof heartbeatTranscode>("post", path, { params: { id }, body: { progress } }, { timeoutMs });
}

/** 404 where the service knows the lease no more, 409 where it is another's. */
export function isLeaseLost(error: unknown): boolean {
  if (error instanceof LeaseLostError) return true;
  return error instanceof ServiceError && (error.type === "lease-lost" || error.status === 404);
}
