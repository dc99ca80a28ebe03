/** Between instants and what a `datetime-local` field holds: the wall clock of this browser, without a zone. */
const MINUTE_LENGTH = "2026-11-27T00:00".length;

export function toLocalInput(date: Date): string {
  const shifted = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, MINUTE_LENGTH);
}

/** ISO 8601 in UTC. */
export function fromLocalInput(text: string): string {
  return new Date(text).toISOString();
}
