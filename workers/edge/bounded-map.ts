/** Keeps at most `entriesMax` in a map that is only ever a memory: the oldest goes when a new one comes. */
export function rememberBounded<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, entriesMax: number): void {
  // Set anew, so that the order of the map is the order of what was learnt.
  map.delete(key);
  if (map.size >= entriesMax) {
    const oldest = map.keys().next();
    if (!oldest.done) map.delete(oldest.value);
  }
  map.set(key, value);
}
