/**
 * The bucket of renditions and its replica elsewhere, as one. The primary is asked alone, and on a good day that is
 * all. Where it fails the replica is asked at once; where it is slow, both are, and the first to have the object
 * answers. What is said when neither has it is in docs/specs/delivery.md.
 */
import {
  type Admission,
  admit,
  type Breaker,
  type BreakerLimits,
  CLOSED,
  report,
} from "#domain/delivery/circuit-breaker.ts";
import { logEvent } from "#workers/shared/http/request-log.ts";

/** Well above what R2 takes for a first byte, and well below what a player has in its buffer. */
export const HEDGE_AFTER_MS = 300;
/** Who comes in later than this behind the other counts as failed. */
export const LOST_BY_MS_MAX = 2_000;
/** After this, with neither there, the listener's player does better to ask again. */
export const ANSWER_TIMEOUT_MS = 10_000;

export const BUCKET_BREAKER: BreakerLimits = { failuresMin: 5, windowMs: 10_000, openMs: 5_000 };

export type BucketName = "primary" | "replica";

export interface BucketQuestion<Found extends R2Object> {
  readonly ask: (bucket: R2Bucket) => Promise<Found | null>;
  /** The length the object must have: one of another length is not it, wherever it lies. */
  readonly sizeBytes: number;
}

export interface BucketAnswer<Found extends R2Object> {
  readonly object: Found;
  readonly bucket: BucketName;
}

/** What outlives the answer is handed to this. */
export type Background = Pick<ExecutionContext, "waitUntil">;

type Outcome<Found extends R2Object> =
  | { readonly kind: "found"; readonly object: Found }
  | { readonly kind: "missing" }
  | { readonly kind: "failed"; readonly reason: string };

/** What an isolate has seen of a bucket of late. By the binding, which is the same object for all its requests. */
const breakers = new WeakMap<R2Bucket, Breaker>();

/**
 * The object, or null where both buckets say that they have none. Throws where no bucket has it and one of them could
 * not be asked: it may be there all the same.
 */
export async function askBuckets<Found extends R2Object>(
  env: EdgeEnv,
  background: Background,
  question: BucketQuestion<Found>,
): Promise<BucketAnswer<Found> | null> {
  const primary = new Attempt("primary", env.RENDITIONS, question);
  // A probe is never waited for alone: no listener pays for finding out whether the bucket is back.
  const early = primary.admission === "probe" ? null : await settledWithin(primary.outcome, HEDGE_AFTER_MS);
  if (early?.kind === "found") return { object: early.object, bucket: "primary" };
  const replica = new Attempt("replica", env.RENDITIONS_REPLICA, question);
  const first = await settledWithin(firstFound(primary, replica), ANSWER_TIMEOUT_MS);
  if (first === null) {
    for (const attempt of [primary, replica]) if (attempt.settled === null) background.waitUntil(attempt.letGo());
    return noneFound(primary, replica);
  }
  const [winner, loser] = first.bucket === "primary" ? [primary, replica] : [replica, primary];
  if (winner === replica) logFailover(primary);
  if (loser.settled === null || loser.settled.kind === "found") background.waitUntil(loser.letGo());
  return first;
}

/** One call of one bucket, or none where its breaker is open. */
class Attempt<Found extends R2Object> {
  readonly name: BucketName;
  readonly admission: Admission;
  /** Never rejects. */
  readonly outcome: Promise<Outcome<Found>>;
  /** What came of it, as soon as it is known. */
  settled: Outcome<Found> | null = null;
  readonly #bucket: R2Bucket;
  #isReported = false;

  constructor(name: BucketName, bucket: R2Bucket, question: BucketQuestion<Found>) {
    this.name = name;
    this.#bucket = bucket;
    const { breaker, admission } = admit(breakers.get(bucket) ?? CLOSED, Date.now(), BUCKET_BREAKER);
    if (admission === "probe") breakers.set(bucket, breaker);
    this.admission = admission;
    this.outcome = this.#run(question);
  }

  async #run({ ask, sizeBytes }: BucketQuestion<Found>): Promise<Outcome<Found>> {
    if (this.admission === "refused") return this.#settle({ kind: "failed", reason: "not asked, it failed too often" });
    try {
      const object = await ask(this.#bucket);
      this.report(true);
      if (object === null) return this.#settle({ kind: "missing" });
      if (object.size === sizeBytes) return this.#settle({ kind: "found", object });
      // The fault of one object says nothing about the bucket. Its answer would break off, or hide that it is wrong.
      await cancelBody(object);
      const reason = `the object has ${object.size} bytes, its token says ${sizeBytes}`;
      return this.#settle({ kind: "failed", reason });
    } catch (error) {
      this.report(false);
      return this.#settle({ kind: "failed", reason: error instanceof Error ? error.message : String(error) });
    }
  }

  #settle(outcome: Outcome<Found>): Outcome<Found> {
    this.settled = outcome;
    return outcome;
  }

  /** Tells the breaker, once for each call. */
  report(succeeded: boolean): void {
    if (this.#isReported || this.admission === "refused") return;
    this.#isReported = true;
    const before = breakers.get(this.#bucket) ?? CLOSED;
    const after = report(before, { admission: this.admission, succeeded }, Date.now(), BUCKET_BREAKER);
    breakers.set(this.#bucket, after);
    if (after.kind === before.kind) return;
    logEvent("edge", `bucket-breaker-${after.kind}`, { bucket: this.name }, after.kind === "open" ? "warn" : "info");
  }

  /** Nobody waits for it any more: sees how late it is, and leaves no body of it unread. */
  async letGo(): Promise<void> {
    const cancelled = this.outcome.then((outcome) =>
      outcome.kind === "found" ? cancelBody(outcome.object) : undefined,
    );
    if ((await settledWithin(this.outcome, LOST_BY_MS_MAX)) === null) this.report(false);
    else await cancelled;
  }
}

/** The first that has the object; null where neither has. */
async function firstFound<Found extends R2Object>(
  ...attempts: readonly Attempt<Found>[]
): Promise<BucketAnswer<Found> | null> {
  const found = attempts.map(async ({ name, outcome }) => {
    const settled = await outcome;
    if (settled.kind !== "found") throw new Error(settled.kind);
    return { object: settled.object, bucket: name };
  });
  return Promise.any(found).catch(() => null);
}

/** Null where both are sure of it. */
function noneFound<Found extends R2Object>(...attempts: readonly Attempt<Found>[]): null {
  if (attempts.every(({ settled }) => settled?.kind === "missing")) return null;
  const reasons = attempts.map((attempt) => {
    const { name, settled } = attempt;
    if (settled === null) attempt.report(false);
    const reason = settled?.kind === "failed" ? settled.reason : (settled?.kind ?? "no answer in time");
    return `${name}: ${reason}`;
  });
  throw new Error(`no bucket has the object: ${reasons.join("; ")}`);
}

/** An open breaker has its own line; one for each answer of the replica would be very many. */
function logFailover<Found extends R2Object>({ admission, settled }: Attempt<Found>): void {
  if (admission !== "call") return;
  const reason = settled?.kind === "failed" ? settled.reason : (settled?.kind ?? "slow");
  logEvent("edge", "bucket-failed-over", { reason }, "warn");
}

/** Null where it has not settled by then. Leaves no timer behind. */
async function settledWithin<T>(promise: Promise<T>, timeoutMs: number): Promise<T | null> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const timeout = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), timeoutMs);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

async function cancelBody(object: R2Object): Promise<void> {
  if ("body" in object) await (object as R2ObjectBody).body.cancel().catch(() => undefined);
}
