/** Aborted by the first SIGINT or SIGTERM; a second one ends the process as if nobody listened. */
export function interruptSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stop.abort(new Error(`got ${name}`)));
  return stop.signal;
}
