/** Numbers and dates as people read them. */
const SECONDS_PER_MINUTE = 60;
const MINUTES_PER_HOUR = 60;

/** `3:07`, `1:02:03`. */
export function formatDuration(durationMs: number): string {
  const total = Math.max(0, Math.floor(durationMs / 1_000));
  const seconds = String(total % SECONDS_PER_MINUTE).padStart(2, "0");
  const minutes = Math.floor(total / SECONDS_PER_MINUTE);
  if (minutes < MINUTES_PER_HOUR) return `${minutes}:${seconds}`;
  const rest = String(minutes % MINUTES_PER_HOUR).padStart(2, "0");
  return `${Math.floor(minutes / MINUTES_PER_HOUR)}:${rest}:${seconds}`;
}

/** For a screen reader: `3 minutes 7 seconds`. */
export function speakDuration(durationMs: number): string {
  const total = Math.max(0, Math.floor(durationMs / 1_000));
  const minutes = Math.floor(total / SECONDS_PER_MINUTE);
  const seconds = total % SECONDS_PER_MINUTE;
  return minutes === 0 ? plural(seconds, "second") : `${plural(minutes, "minute")} ${plural(seconds, "second")}`;
}

/** The length of a whole list: `47 min`, `1 h 12 min`. */
export function formatLength(durationMs: number): string {
  const minutes = Math.max(1, Math.round(durationMs / 60_000));
  if (minutes < MINUTES_PER_HOUR) return `${minutes} min`;
  return `${Math.floor(minutes / MINUTES_PER_HOUR)} h ${minutes % MINUTES_PER_HOUR} min`;
}

const WHOLE = new Intl.NumberFormat();

export function formatCount(count: number): string {
  return WHOLE.format(count);
}

/** `1 track`, `12 tracks`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });
const INSTANT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** A day of the calendar, `2026-11-27`, which is the same day everywhere. */
export function formatDay(day: string): string {
  const [year = 1970, month = 1, date = 1] = day.split("-").map(Number);
  return DAY.format(new Date(year, month - 1, date));
}

export function formatInstant(instant: string): string {
  return INSTANT.format(new Date(instant));
}

const AGO = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const AGO_STEPS = [
  { unit: "day", ms: 86_400_000 },
  { unit: "hour", ms: 3_600_000 },
  { unit: "minute", ms: 60_000 },
] as const;

/** `5 minutes ago`, `yesterday`. */
export function formatAgo(instant: string, nowMs: number): string {
  const elapsedMs = nowMs - Date.parse(instant);
  const step = AGO_STEPS.find((candidate) => elapsedMs >= candidate.ms);
  return step === undefined ? "just now" : AGO.format(-Math.floor(elapsedMs / step.ms), step.unit);
}

const BYTES_PER_UNIT = 1_000;

/** `31.4 MB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let value = bytes;
  let unit = 0;
  while (value >= BYTES_PER_UNIT && unit < units.length - 1) {
    value /= BYTES_PER_UNIT;
    unit++;
  }
  return `${value.toFixed(unit === 0 ? 0 : 1)} ${units[unit]}`;
}
