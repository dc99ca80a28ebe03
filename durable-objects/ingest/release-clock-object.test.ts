import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { DAY_MS } from "#domain/foundation/time.ts";
import { REPEAT_AFTER_MS } from "./release-clock-object.ts";

const bindings = env as unknown as RealtimeEnv;

function newClock() {
  const releaseId = crypto.randomUUID();
  const stub = bindings.RELEASE_CLOCKS.getByName(releaseId);
  const alarmAt = () => runInDurableObject(stub, (_object, { storage }) => storage.getAlarm());
  return { releaseId, stub, alarmAt };
}

describe("a release's clock", () => {
  it("is set to the instant, and can be set again [ING-63]", async () => {
    const { releaseId, stub, alarmAt } = newClock();
    const far = Date.now() + 3_653 * DAY_MS;
    await stub.wakeAt(releaseId, far);
    expect(await alarmAt()).toBe(far);
    const near = Date.now() + DAY_MS;
    await stub.wakeAt(releaseId, near);
    expect(await alarmAt()).toBe(near);
  });

  it("speaks a few times more, each later, and leaves nothing behind [ING-64]", async () => {
    const { releaseId, stub, alarmAt } = newClock();
    await stub.wakeAt(releaseId, Date.now() + DAY_MS);
    for (const pauseMs of REPEAT_AFTER_MS) {
      expect(await runDurableObjectAlarm(stub)).toBe(true);
      const left = ((await alarmAt()) ?? 0) - Date.now();
      expect(left).toBeGreaterThan(pauseMs - 5_000);
      expect(left).toBeLessThanOrEqual(pauseMs);
    }
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await alarmAt()).toBeNull();
    const stored = await runInDurableObject(stub, (_object, { storage }) => storage.list());
    expect(stored.size).toBe(0);
  });
});
