/** What Cloudflare asks for, and where it draws lines: list prices of the paid plan, without what a contract gives. */

export const PRICES_AS_OF = "2026-11-23";

const DOCS = "https://developers.cloudflare.com";
const WORKERS = `${DOCS}/workers/platform/pricing/`;
const R2 = `${DOCS}/r2/pricing/`;
const KV = `${DOCS}/kv/platform/pricing/`;
const D1 = `${DOCS}/d1/platform/pricing/`;
const OBJECTS = `${DOCS}/durable-objects/platform/pricing/`;
const QUEUES = `${DOCS}/queues/platform/pricing/`;

export interface Price {
  readonly name: string;
  /** What is counted, in the singular. */
  readonly unit: string;
  /** Dollars for `units` of them. */
  readonly dollars: number;
  readonly units: number;
  /** In the month's base price. */
  readonly included: number;
  readonly source: string;
}

const MILLION = 1_000_000;

/** By what is metered. */
export const PRICES = {
  workerRequests: price("Worker requests", "request", 0.3, MILLION, 10 * MILLION, WORKERS),
  workerCpuMs: price("Worker CPU", "ms", 0.02, MILLION, 30 * MILLION, WORKERS),
  r2StandardGb: price("R2 storage, Standard", "GB-month", 0.015, 1, 10, R2),
  r2InfrequentGb: price("R2 storage, Infrequent Access", "GB-month", 0.01, 1, 0, R2),
  r2ClassA: price("R2 writes (class A)", "operation", 4.5, MILLION, MILLION, R2),
  r2ClassB: price("R2 reads (class B)", "operation", 0.36, MILLION, 10 * MILLION, R2),
  r2InfrequentClassB: price("R2 reads, Infrequent Access", "operation", 0.9, MILLION, 0, R2),
  r2RetrievedGb: price("R2 retrieval, Infrequent Access", "GB", 0.01, 1, 0, R2),
  kvReads: price("KV reads", "read", 0.5, MILLION, 10 * MILLION, KV),
  kvGb: price("KV storage", "GB-month", 0.5, 1, 1, KV),
  d1RowsRead: price("D1 rows read", "row", 0.001, MILLION, 25_000 * MILLION, D1),
  d1RowsWritten: price("D1 rows written", "row", 1, MILLION, 50 * MILLION, D1),
  d1Gb: price("D1 storage", "GB-month", 0.75, 1, 5, D1),
  objectRequests: price("Durable Object requests", "request", 0.15, MILLION, MILLION, OBJECTS),
  objectGbSeconds: price("Durable Object time", "GB-s", 12.5, MILLION, 400_000, OBJECTS),
  objectRowsRead: price("Durable Object rows read", "row", 0.001, MILLION, 25_000 * MILLION, OBJECTS),
  objectRowsWritten: price("Durable Object rows written", "row", 1, MILLION, 50 * MILLION, OBJECTS),
  objectGb: price("Durable Object storage", "GB-month", 0.2, 1, 5, OBJECTS),
  queueOperations: price("Queue operations", "operation of up to 64 KB", 0.4, MILLION, MILLION, QUEUES),
} as const satisfies Record<string, Price>;

export type Meter = keyof typeof PRICES;

export const METERS = Object.keys(PRICES) as Meter[];

/** A month of the paid plan, whatever is used. */
export const PLAN_DOLLARS = 5;

function price(name: string, unit: string, dollars: number, units: number, included: number, source: string): Price {
  return { name, unit, dollars, units, included, source };
}

export function dollarsOf(meter: Meter, amount: number): number {
  const { dollars, units } = PRICES[meter];
  return (amount / units) * dollars;
}

export interface Limit {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly source: string;
}

export const LIMITS = {
  d1DatabaseGb: limit("a D1 database", 10, "GB", `${DOCS}/d1/platform/limits/`),
  objectGb: limit("storage of a Durable Object", 10, "GB", `${DOCS}/durable-objects/platform/limits/`),
  objectRequestsPerSecond: limit(
    "requests of a Durable Object, a soft limit",
    1_000,
    "/s",
    `${DOCS}/durable-objects/platform/limits/`,
  ),
  queueMessagesPerSecond: limit("messages of a queue", 5_000, "/s", `${DOCS}/queues/platform/limits/`),
  queueMessageBytes: limit("a queue's message", 128_000, "bytes", `${DOCS}/queues/platform/limits/`),
  kvWritesPerKey: limit("writes of one KV key", 1, "/s", `${DOCS}/kv/platform/limits/`),
  cacheObjectMb: limit("an object in the Cache API", 512, "MB", `${DOCS}/workers/platform/limits/`),
  workerMemoryMb: limit("memory of an isolate", 128, "MB", `${DOCS}/workers/platform/limits/`),
} as const satisfies Record<string, Limit>;

function limit(name: string, value: number, unit: string, source: string): Limit {
  return { name, value, unit, source };
}

/** What costs nothing, and would change the model if it did. */
export const FREE: readonly { readonly name: string; readonly source: string }[] = [
  { name: "egress from R2 and from the cache", source: R2 },
  { name: "the Cache API, but for the Worker request that asks it", source: `${DOCS}/workers/runtime-apis/cache/` },
  { name: "a call from Worker to Worker by service binding, but for its CPU", source: WORKERS },
  { name: "a WebSocket ping that the platform answers by itself", source: OBJECTS },
  { name: "time in which an object could hibernate", source: OBJECTS },
];

/** A queue's message is written, read and deleted. */
export const QUEUE_OPERATIONS_PER_MESSAGE = 3;
export const QUEUE_OPERATION_BYTES = 64_000;
/** Billed as this much for as long as an object works. */
export const OBJECT_MEMORY_GB = 0.128;
