/** Adds up what this isolate answers and hands it to the queue now and then, beside the answers. */
import type { AudioTokenClaims } from "#domain/delivery/audio-token.ts";
import { DELIVERIES_PER_REPORT_MAX, type Delivery, type DeliveryReport } from "#domain/delivery/delivery-report.ts";
import { SECOND_MS } from "#domain/foundation/time.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import { logEvent, logFailure } from "#workers/shared/http/request-log.ts";
import type { EdgeRequest } from "../edge-request.ts";

/** Kept while the queue does not take them; beyond this, what is new is let go, and said so. */
const DELIVERIES_KEPT_MAX = 4 * DELIVERIES_PER_REPORT_MAX;

/** Longer than the platform lets work go on after an answer. */
const OVERDUE_MS = 60 * SECOND_MS;

type Named = Pick<AudioTokenClaims, "playback" | "track" | "country" | "quality">;

export interface Delivered {
  readonly claims: Named;
  readonly sizeBytes: number;
  readonly fromCache: boolean;
}

class DeliveryTally {
  readonly #env: EdgeEnv;
  readonly #byPlayback = new Map<string, Delivery>();
  #openedAtMs = 0;
  #isLettingGo = false;
  /** When the report that is under way was promised. One that is long overdue was cut off, and is promised anew. */
  #promisedAtMs = Number.NEGATIVE_INFINITY;

  constructor(env: EdgeEnv) {
    this.#env = env;
  }

  add({ ctx, receivedAtMs }: EdgeRequest, { claims, sizeBytes, fromCache }: Delivered): void {
    const delivery = this.#deliveryOf(claims);
    if (delivery === null) {
      this.#letGo();
      return;
    }
    delivery.ranges += 1;
    if (fromCache) {
      delivery.cacheRanges += 1;
      delivery.cacheBytes += sizeBytes;
    } else delivery.originBytes += sizeBytes;
    if (this.#byPlayback.size === DELIVERIES_PER_REPORT_MAX) ctx.waitUntil(this.#send());
    else if (receivedAtMs - this.#promisedAtMs > OVERDUE_MS) ctx.waitUntil(this.#sendLater());
  }

  /** One line a report: there would be one a range. */
  #letGo(): void {
    if (!this.#isLettingGo) logEvent("edge", "deliveries-let-go", { kept: DELIVERIES_KEPT_MAX }, "warn");
    this.#isLettingGo = true;
  }

  #deliveryOf({ playback, track, country, quality }: Named): Delivery | null {
    const key = `${playback} ${quality}`;
    const known = this.#byPlayback.get(key);
    if (known !== undefined) return known;
    if (this.#byPlayback.size >= DELIVERIES_KEPT_MAX) return null;
    if (this.#byPlayback.size === 0) this.#openedAtMs = Date.now();
    const fresh = { playback, track, country, quality, ranges: 0, cacheRanges: 0, cacheBytes: 0, originBytes: 0 };
    this.#byPlayback.set(key, fresh);
    return fresh;
  }

  /** The platform lets work go on for 30 s after an answer: what the last listener caused is sent too. */
  async #sendLater(): Promise<void> {
    this.#promisedAtMs = Date.now();
    await scheduler.wait(Number(this.#env.DELIVERY_REPORT_SECONDS) * SECOND_MS);
    this.#promisedAtMs = Number.NEGATIVE_INFINITY;
    await this.#send();
  }

  async #send(): Promise<void> {
    const deliveries = [...this.#byPlayback.values()].slice(0, DELIVERIES_PER_REPORT_MAX);
    if (deliveries.length === 0) return;
    for (const { playback, quality } of deliveries) this.#byPlayback.delete(`${playback} ${quality}`);
    const report: DeliveryReport = { id: freshId(), fromMs: this.#openedAtMs, toMs: Date.now(), deliveries };
    try {
      await this.#env.DELIVERIES.send(report);
      this.#isLettingGo = false;
    } catch (error) {
      logFailure("edge", `deliveries:${report.id}`, error);
      this.#takeBack(deliveries);
    }
  }

  /** For the next report. Meanwhile the same playback may have gone on. */
  #takeBack(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) {
      const present = this.#deliveryOf(delivery);
      if (present === null) continue;
      present.ranges += delivery.ranges;
      present.cacheRanges += delivery.cacheRanges;
      present.cacheBytes += delivery.cacheBytes;
      present.originBytes += delivery.originBytes;
    }
  }
}

/** By env, so that one with other bindings has its own. */
const tallies = new WeakMap<EdgeEnv, DeliveryTally>();

export function countDelivered(asked: EdgeRequest, delivered: Delivered): void {
  const { env } = asked;
  let tally = tallies.get(env);
  if (tally === undefined) {
    tally = new DeliveryTally(env);
    tallies.set(env, tally);
  }
  tally.add(asked, delivered);
}
