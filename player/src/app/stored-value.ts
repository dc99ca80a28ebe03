/** Values that outlast the page. Where storage is closed or full, they live as long as the page does. */
const PREFIX = "rimshot:";

export function readStored(name: string): unknown {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

export function writeStored(name: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Nothing is lost that the listener would miss before the next visit.
  }
}
