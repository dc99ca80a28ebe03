/** A value that lives outside React and tells those who watch it. */
import { useSyncExternalStore } from "react";

export interface Observable<T> {
  get(): T;
  set(value: T): void;
  update(change: Partial<T>): void;
  subscribe(listener: () => void): () => void;
}

export function observable<T extends object>(initial: T): Observable<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  const set = (next: T) => {
    value = next;
    for (const listener of listeners) listener();
  };
  return {
    get: () => value,
    set,
    update: (change) => set({ ...value, ...change }),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Renders again when the selected part changes by identity: select primitives or parts that are replaced whole. */
export function useObservable<T, Part>(source: Observable<T>, select: (value: T) => Part): Part {
  return useSyncExternalStore(source.subscribe, () => select(source.get()));
}
