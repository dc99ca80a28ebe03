/** Parts of the service that can be taken away: bindings in front of the real ones, which then fail or never answer. */
import { afterEach, beforeEach, vi } from "vitest";
import { withTimeout } from "#workers/shared/with-timeout.ts";
import { type Asked, begin, edgeEnv } from "./edge-fixtures.ts";

/** No measure of speed: what a busy machine needs, and far below waiting for something that never comes. */
export const ANSWER_MS_MAX = 5_000;
/** Whatever goes on beside an answer has been given up by then, but for a queue that hangs. */
const BESIDE_MS_MAX = 2_500;
export const RANGE = { range: "bytes=100-199" };

type Callee = "API" | "INGEST" | "REALTIME" | "ACCOUNTING";
type Bucket = "RENDITIONS" | "RENDITIONS_REPLICA";
export type ApiPart = "CATALOG_0" | "IDENTITY" | "LISTENERS" | "PLAYLISTS" | "PLAYS";
export type Part = Callee | Bucket | ApiPart | "RIGHTS" | "TAKEDOWNS" | "DELIVERIES" | "cache";
type Manner = "throws" | "hangs";
export type Outage = Readonly<Partial<Record<Part, Manner>>>;

let away: Outage = {};
let beside: Promise<void>[] = [];

/** Takes these parts away and brings all others back. */
export function takeAway(outage: Outage): void {
  away = outage;
}

export function isAway(part: Part): boolean {
  return away[part] !== undefined;
}

/** What the part really does, or what it does while it is away. */
export function call<T>(part: Part, real: () => Promise<T>): Promise<T> {
  const manner = away[part];
  if (manner === "throws") return Promise.reject(new Error(`internal detail: ${part}`));
  return manner === "hangs" ? new Promise<never>(() => undefined) : real();
}

/** An isolate that has just begun: by none of its bindings anything is known yet. All of them lead to the real ones. */
export function newIsolate(more: Partial<EdgeEnv> = {}): EdgeEnv {
  const bucket = (part: Bucket) => ({
    get: (key: string, options?: R2GetOptions) => call(part, () => edgeEnv[part].get(key, options)),
    head: (key: string) => call(part, () => edgeEnv[part].head(key)),
  });
  const service = (part: Callee) => ({ fetch: (request: Request) => call(part, () => edgeEnv[part].fetch(request)) });
  const rights = (key: string, options: KVNamespaceGetOptions<"text">) =>
    call("RIGHTS", () => edgeEnv.RIGHTS.get(key, options));
  const recent = (name: string) =>
    call("TAKEDOWNS", async () => structuredClone(await edgeEnv.TAKEDOWNS.getByName(name).recent()));
  const bindings = {
    RENDITIONS: bucket("RENDITIONS"),
    RENDITIONS_REPLICA: bucket("RENDITIONS_REPLICA"),
    RIGHTS: { get: rights },
    TAKEDOWNS: { getByName: (name: string) => ({ recent: () => recent(name) }) },
    DELIVERIES: { send: (report: unknown) => call("DELIVERIES", () => edgeEnv.DELIVERIES.send(report)) },
    API: service("API"),
    INGEST: service("INGEST"),
    REALTIME: service("REALTIME"),
    ACCOUNTING: service("ACCOUNTING"),
  };
  return { ...edgeEnv, ...(bindings as unknown as Partial<EdgeEnv>), ...more };
}

/** For each test of a file: nothing is away at first, and nothing goes on after it. */
export function prepareOutages(): void {
  beforeEach(() => {
    away = {};
    beside = [];
    const { match, put } = caches.default;
    const real = caches.default;
    vi.spyOn(caches.default, "match").mockImplementation((key, options) =>
      call("cache", () => match.call(real, key, options)),
    );
    vi.spyOn(caches.default, "put").mockImplementation((key, response) =>
      call("cache", () => put.call(real, key, response)),
    );
    for (const method of ["log", "warn", "error"] as const) vi.spyOn(console, method).mockReturnValue(undefined);
  });

  afterEach(async () => {
    await Promise.race([Promise.all(beside), scheduler.wait(BESIDE_MS_MAX)]);
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
}

export interface Question extends Asked {
  readonly path: string;
  /** What an answer that grants something has to hold. */
  readonly bytes?: Uint8Array;
}

export type Answers<Names extends string> = Record<Names, number | string>;

/** The status, or a text that says what is wrong with the answer. */
export async function answerTo({ path, bytes, ...asked }: Question): Promise<number | string> {
  const { answer, settled } = await begin(path, asked);
  beside.push(settled());
  const body = new Uint8Array(await answer.arrayBuffer());
  const { status } = answer;
  if (status >= 400) {
    const text = new TextDecoder().decode(body);
    const isProblem = answer.headers.get("content-type") === "application/problem+json" || path === "/readyz";
    return isProblem && !text.includes("internal detail") ? status : `${status}: ${text}`;
  }
  return bytes === undefined || String(body) === String(bytes) ? status : `${status} with other bytes`;
}

/** All at once, as many listeners ask. */
export async function answersTo<Names extends string>(
  questions: Readonly<Record<Names, Question>>,
): Promise<Answers<Names>> {
  const answers = Object.entries<Question>(questions).map(async ([name, question]) => {
    const answer = await withTimeout(answerTo(question), ANSWER_MS_MAX).catch((error: Error) => error.message);
    return [name, answer] as const;
  });
  return Object.fromEntries(await Promise.all(answers)) as Answers<Names>;
}
