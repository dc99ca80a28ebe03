/**
 * Wakes at a release's instant and says so to ingest. An alarm never comes early. It says so a few times more, since a
 * track can become ready at the very instant, on a machine whose clock is a little behind; hearing it again is cheap.
 */
import { DurableObject } from "cloudflare:workers";
import type { EpochMs } from "#domain/foundation/time.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "#domain/foundation/time.ts";
import type { IngestMessage } from "#domain/ingest/ingest-message.ts";

/** The pauses between one time and the next. */
export const REPEAT_AFTER_MS = [MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, DAY_MS] as const;

interface Wake {
  readonly releaseId: string;
  readonly repeats: number;
}

const WAKE_KEY = "wake";

export class ReleaseClockObject extends DurableObject<RealtimeEnv> {
  /** Sets the clock, or sets it to another instant. */
  async wakeAt(releaseId: string, releaseAt: EpochMs): Promise<void> {
    this.#save({ releaseId, repeats: 0 });
    await this.ctx.storage.setAlarm(releaseAt);
  }

  override async alarm(): Promise<void> {
    const wake = this.ctx.storage.kv.get<Wake>(WAKE_KEY);
    if (wake === undefined) return;
    const { releaseId, repeats } = wake;
    const message: IngestMessage = { kind: "release-due", releaseId };
    const pauseMs = REPEAT_AFTER_MS[repeats];
    // The next time is set first: where the queue does not take the message, that is when it is tried again.
    if (pauseMs !== undefined) {
      this.#save({ releaseId, repeats: repeats + 1 });
      await this.ctx.storage.setAlarm(Date.now() + pauseMs);
    }
    await this.env.INGEST_QUEUE.send(message);
    if (pauseMs === undefined) await this.ctx.storage.deleteAll();
  }

  #save(wake: Wake): void {
    this.ctx.storage.kv.put(WAKE_KEY, wake);
  }
}
