/** A bound on how much is done at a time. */
export interface Slots {
  /** Runs the task when a slot is free; those that wait go in order. */
  run<T>(task: () => Promise<T>): Promise<T>;
}

export function createSlots(count: number): Slots {
  if (!Number.isInteger(count) || count < 1) throw new RangeError("slots are counted from one");
  const waiting: (() => void)[] = [];
  let free = count;

  async function run<T>(task: () => Promise<T>): Promise<T> {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      // A slot goes from hand to hand: it is free only where nobody waits.
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  }
  return { run };
}

/** Runs all tasks; the first failure aborts the rest, and is thrown once every task has ended. */
export async function runTogether<T>(
  tasks: readonly ((signal: AbortSignal) => Promise<T>)[],
  signal: AbortSignal,
): Promise<T[]> {
  const group = new AbortController();
  const either = AbortSignal.any([signal, group.signal]);
  let failure: { readonly cause: unknown } | null = null;
  const settled = tasks.map((task) =>
    task(either).catch((cause: unknown) => {
      failure ??= { cause };
      group.abort(cause);
      throw cause;
    }),
  );
  await Promise.allSettled(settled);
  if (failure !== null) throw (failure as { readonly cause: unknown }).cause;
  return Promise.all(settled);
}
