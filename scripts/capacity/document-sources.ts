/** The sections of what is assumed, and of what is charged by whom. */
import { dollars, list, number, percent, table } from "./markdown.ts";
import { FREE, LIMITS, PLAN_DOLLARS, PRICES, PRICES_AS_OF } from "./prices.ts";
import { ASSUMED, cacheHitRatio, rightsHitRatio, type Scenario } from "./scenarios.ts";
import { LADDER_BYTES, TAIL_SHARE } from "./storage-charges.ts";
import { ASSUMED_OF_STREAM, IN_CODE, ROW_BYTES, seekTableBytes } from "./stream-profile.ts";

const MEGABYTE = 1e6;

export function assumptionsSection(scenarios: readonly Scenario[]): string {
  const rows = scenarios.map((scenario) => [
    scenario.name,
    number(scenario.tracks),
    String(scenario.pops),
    String(scenario.isolatesPerPop),
    percent(cacheHitRatio(scenario)),
    percent(rightsHitRatio(scenario, IN_CODE.rightsSeconds)),
  ]);
  return `## What is assumed

${table(["listeners", "tracks", "points of presence", "isolates in each", "cache hits", "rights hits"], rows)}

- A listener hears ${ASSUMED.streamsPerDay} streams a day of ${ASSUMED.songSeconds} s, in ${ASSUMED.heardProfile} and to the end.
- Hits are not given but worked out: requests come at random, popularity falls with the rank to the power of
  ${ASSUMED.zipfExponent} (Zipf), ${ASSUMED.renditionsHeard} renditions of a track share its listeners, and the cache drops what nobody asked for in
  ${ASSUMED.cacheSeconds / 3_600} hours. Rights are good for ${IN_CODE.rightsSeconds} s in a point of presence. \`--hit-ratio\` overrides the first.
- A track is ${(LADDER_BYTES / MEGABYTE).toFixed(1)} MB in the whole ladder, FLAC taken at ${ASSUMED.losslessKbps} kbit/s; its master ${ASSUMED.masterKbps} kbit/s; its seek
  tables ${number(seekTableBytes())} bytes, its other rows ${number(ROW_BYTES.trackWithoutSeekTables)}. ${percent(TAIL_SHARE)} of tracks are hardly played.
- ${percent(ASSUMED_OF_STREAM.unheardPreparations)} more playbacks are prepared than heard; ${percent(ASSUMED_OF_STREAM.seeks)} of streams have a jump; ${percent(ASSUMED_OF_STREAM.renewals)} outlast
  their URLs; a player connects once for ${ASSUMED_OF_STREAM.streamsPerConnection} streams. Of a rendition that the
  cache has not, ${ASSUMED_OF_STREAM.requestsBeforeFill} ranges are asked for before it is filled, at most.
- ${percent(ASSUMED_OF_STREAM.interruptions)} of songs are followed by a report though fewer than ${IN_CODE.reportSongs} are in it: pauses that last, pages that leave.
- ${percent(ASSUMED_OF_STREAM.latePlays)} of plays are reported on another day than that on which they began. A recording that is played much is
  played in ${ASSUMED_OF_STREAM.marketsOfRecording} pairs of country and terms. Roll-ups are ${IN_CODE.rollUpSeconds} s apart, an hour beyond ${ASSUMED_OF_STREAM.manyStreamsPerSecond} streams a second. Accounting works
  ${ASSUMED_OF_STREAM.rollUpCpuMs * 1_000} us on a play that is added, its shard ${ASSUMED_OF_STREAM.rollUpObjectSeconds * 1e6} us.
- CPU: ${ASSUMED_OF_STREAM.grantCpuMs} ms for a grant, ${ASSUMED_OF_STREAM.reportCpuMs} ms for a report, ${ASSUMED_OF_STREAM.consumerCpuMs} ms for a message, ${ASSUMED_OF_STREAM.accessTokenCpuMs} ms for an access token. An object
  works ${ASSUMED_OF_STREAM.objectCallSeconds * 1_000} ms on a call.
- Reports, shards, sums and histories are kept for ${ASSUMED_OF_STREAM.monthsKept} months. Nothing deletes them today.
- The peak of a day is ${ASSUMED.peakFactor} times its mean.`;
}

export function pricesSection(): string {
  const prices = Object.values(PRICES).map(({ name, unit, dollars: asked, units, included, source }) => [
    name,
    `${dollars(asked)} for ${units === 1 ? `a ${unit}` : `a million, by the ${unit}`}`,
    included === 0 ? "none" : number(included),
    source,
  ]);
  const limits = Object.values(LIMITS).map(({ name, value, unit, source }) => [
    name,
    `${number(value)} ${unit}`,
    source,
  ]);
  return `## Prices and limits

As of ${PRICES_AS_OF}, list prices of the paid plan, which is $${PLAN_DOLLARS} a month itself. Large accounts have contracts.

${list(["what", "price", "included a month", "source"], prices)}

Free: ${FREE.map(({ name, source }) => `${name} ([source](${source}))`).join("; ")}.

${list(["limit", "value", "source"], limits)}`;
}
