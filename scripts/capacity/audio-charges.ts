/** The bytes of a stream, and the report of what was delivered. */
import { DELIVERIES_PER_REPORT_MAX } from "#domain/delivery/delivery-report.ts";
import type { StreamCharge } from "./charges.ts";
import { audioCpu, STREAM_ROWS } from "./measured.ts";
import { QUEUE_OPERATIONS_PER_MESSAGE } from "./prices.ts";
import { cacheHitRatio, rightsHitRatio, type Scenario, streamsPerSecond } from "./scenarios.ts";
import { ASSUMED_OF_STREAM, type ElementRequests, IN_CODE } from "./stream-profile.ts";

export interface AudioSettings {
  /** Open ranges, as an audio element asks for them, or ranges of one size. */
  readonly ranges: ElementRequests | { readonly rangeBytes: number };
  /** False where the firewall checks the token and the zone's cache answers. */
  readonly throughWorker: boolean;
  /** `fresh-token`: one that was signed a moment ago is believed, since its rights were read to sign it. */
  readonly rights: "store" | "fresh-token";
  /** Places that are asked before the bucket by points of presence that miss; null where each asks the bucket itself. */
  readonly upperTiers: number | null;
}

const MEGABYTE = 1_000_000;

export function requestsPerStream({ meanBytes }: Scenario, { ranges }: AudioSettings): number {
  const { seeks, unheardPreparations } = ASSUMED_OF_STREAM;
  const begun = 1 + unheardPreparations;
  if ("rangeBytes" in ranges) return begun * Math.ceil(meanBytes / ranges.rangeBytes) + seeks;
  return begun * ranges.perSong + seeks * ranges.perSeek;
}

export function audioCharges(scenario: Scenario, settings: AudioSettings): StreamCharge[] {
  const requests = requestsPerStream(scenario, settings);
  const places = settings.upperTiers ?? scenario.pops;
  const missRatio = 1 - cacheHitRatio({ ...scenario, pops: Math.min(places, scenario.pops) });
  // Until it is filled, each range of the rendition is read; what fills it is the first of an open range, or one read more.
  const readsToFill = "rangeBytes" in settings.ranges ? 1 : 0;
  const readsOfMiss = Math.min(requests, ASSUMED_OF_STREAM.requestsBeforeFill) + readsToFill;
  const reads = audio("R2 reads at misses", "r2ClassB", missRatio * readsOfMiss);
  if (!settings.throughWorker) return [reads];
  const { msPerRequest, msPerMegabyte } = audioCpu();
  const cpuMs = requests * msPerRequest + (scenario.meanBytes / MEGABYTE) * msPerMegabyte;
  return [
    audio("requests for ranges", "workerRequests", requests),
    audio("CPU of ranges", "workerCpuMs", cpuMs),
    reads,
    audio("rights that the point of presence has not read lately", "kvReads", rightsReads(scenario, settings)),
    ...deliveryCharges(scenario),
  ];
}

/** Of the requests at the beginning one asks; a jump later on asks again. */
function rightsReads(scenario: Scenario, { rights }: AudioSettings): number {
  const missRatio = 1 - rightsHitRatio(scenario, IN_CODE.rightsSeconds);
  const { seeks, unheardPreparations } = ASSUMED_OF_STREAM;
  return missRatio * (rights === "fresh-token" ? seeks + unheardPreparations : 1 + seeks + unheardPreparations);
}

/** What an isolate delivers in the time that a report takes to be sent. */
export function deliveriesPerReport(scenario: Scenario): number {
  const { pops, isolatesPerPop } = scenario;
  const begun = (streamsPerSecond(scenario) / pops / isolatesPerPop) * IN_CODE.deliveryReportSeconds;
  return Math.min(DELIVERIES_PER_REPORT_MAX, Math.max(1, begun));
}

function deliveryCharges(scenario: Scenario): StreamCharge[] {
  const deliveries = deliveriesPerReport(scenario);
  const reports = 1 / deliveries;
  const { deliveriesRowsWritten, deliveriesRowsRead } = STREAM_ROWS.figures;
  // The sums of a full report; one of a few deliveries touches no more of them than it has.
  const rowsWritten = Math.min(deliveriesRowsWritten, deliveries + 2);
  const rowsRead = (deliveriesRowsRead / DELIVERIES_PER_REPORT_MAX) * deliveries;
  const ours = (what: string, meter: StreamCharge["meter"], perStream: number): StreamCharge => ({
    ...audio(what, meter, perStream),
    inPaper: false,
  });
  return [
    ours("reports of deliveries", "queueOperations", reports * QUEUE_OPERATIONS_PER_MESSAGE),
    ours("reports of deliveries, archived", "r2ClassA", reports),
    ours("sums of deliveries", "d1RowsWritten", reports * rowsWritten),
    ours("sums of deliveries", "d1RowsRead", reports * rowsRead),
  ];
}

function audio(what: string, meter: StreamCharge["meter"], perStream: number): StreamCharge {
  return { part: "audio", what, meter, perStream, inPaper: true };
}
