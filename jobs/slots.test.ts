import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { createSlots, runTogether } from "./slots.ts";

it("runs no more tasks at a time than there are slots, also after failures", async () => {
  const slots = createSlots(3);
  let running = 0;
  let most = 0;
  const tasks = Array.from({ length: 20 }, (_, i) =>
    slots.run(async () => {
      running += 1;
      most = Math.max(most, running);
      await sleep(2);
      running -= 1;
      if (i % 4 === 0) throw new Error("no");
      return i;
    }),
  );
  const settled = await Promise.allSettled(tasks);
  expect(most).toBe(3);
  expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(15);
});

it("ends all tasks of a group with the first failure, and waits for them", async () => {
  const ended: string[] = [];
  const patient = async (signal: AbortSignal) => {
    await sleep(5_000, undefined, { signal }).catch(() => {});
    await sleep(5);
    ended.push("patient");
  };
  const failing = async () => {
    throw new Error("first");
  };
  await expect(runTogether([patient, failing, patient], new AbortController().signal)).rejects.toThrow("first");
  expect(ended).toEqual(["patient", "patient"]);
  expect(await runTogether([async () => 1, async () => 2], new AbortController().signal)).toEqual([1, 2]);
});
