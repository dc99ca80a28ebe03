/**
 * A DASH presentation (ISO/IEC 23009-1, on-demand profile) of renditions that are one file each: players read the
 * file's own segment index.
 */
import { AAC_CODECS, peakBandwidth, type SegmentIndex } from "./segment-index.ts";

export const DASH_MIME_TYPE = "application/dash+xml";

const NAMESPACE = "urn:mpeg:dash:schema:mpd:2011";
const PROFILE = "urn:mpeg:dash:profile:isoff-on-demand:2011";
const CHANNELS_SCHEME = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011";

export interface DashRepresentation {
  readonly id: string;
  /** Relative to each of the origins, or to the manifest where there are none. */
  readonly url: string;
  readonly sampleRate: number;
  readonly channels: number;
  readonly index: SegmentIndex;
}

/** Origins in the order of preference: a player goes on to the next where one fails. */
export function dashManifest(
  representations: readonly [DashRepresentation, ...DashRepresentation[]],
  origins: readonly string[],
): string {
  const durationMs = Math.max(...representations.map(({ index }) => index.durationMs));
  const segmentMs = Math.max(...representations.flatMap(({ index }) => index.segments.map((one) => one.durationMs)));
  const root = attributes({
    xmlns: NAMESPACE,
    profiles: PROFILE,
    type: "static",
    mediaPresentationDuration: duration(durationMs),
    minBufferTime: duration(segmentMs),
  });
  const set = attributes({
    id: "1",
    contentType: "audio",
    mimeType: "audio/mp4",
    codecs: AAC_CODECS,
    segmentAlignment: "true",
    subsegmentAlignment: String(areAligned(representations)),
    subsegmentStartsWithSAP: "1",
  });
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<MPD${root}>`,
    ...origins.map(
      (origin) => `  <BaseURL${attributes({ serviceLocation: hostOf(origin) })}>${escapeXml(origin)}/</BaseURL>`,
    ),
    `  <Period${attributes({ id: "1", start: "PT0S", duration: duration(durationMs) })}>`,
    `    <AdaptationSet${set}>`,
    ...representations.flatMap(representationLines),
    "    </AdaptationSet>",
    "  </Period>",
    "</MPD>",
  ];
  return `${lines.join("\n")}\n`;
}

/** Children stand in the order that the schema demands. */
function representationLines({ id, url, sampleRate, channels, index }: DashRepresentation): string[] {
  const { initBytes, segments } = index;
  const own = attributes({ id, bandwidth: String(peakBandwidth(index)), audioSamplingRate: String(sampleRate) });
  const layout = attributes({ schemeIdUri: CHANNELS_SCHEME, value: String(channels) });
  const base = attributes({ indexRange: `${initBytes}-${segments[0].offset - 1}`, indexRangeExact: "true" });
  return [
    `      <Representation${own}>`,
    `        <AudioChannelConfiguration${layout}/>`,
    `        <BaseURL>${escapeXml(url)}</BaseURL>`,
    `        <SegmentBase${base}>`,
    `          <Initialization${attributes({ range: `0-${initBytes - 1}` })}/>`,
    "        </SegmentBase>",
    "      </Representation>",
  ];
}

/** Whether a player may go from one to another at any segment without a gap or an overlap. */
function areAligned([first, ...others]: readonly [DashRepresentation, ...DashRepresentation[]]): boolean {
  const starts = ({ index }: DashRepresentation) => index.segments.map(({ startMs }) => startMs).join();
  return others.every((other) => starts(other) === starts(first));
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(value)}"`)
    .join("");
}

function duration(ms: number): string {
  return `PT${(ms / 1_000).toFixed(3)}S`;
}

function hostOf(origin: string): string {
  return origin.replace(/^https?:\/\//, "");
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character);
}
