/**
 * The music a new installation starts with: our own, under CC0, so nothing is downloaded and nobody need be asked.
 * All names are invented. The deals differ on purpose, to show what listeners in other countries get.
 */
import { DAY_MS, type EpochMs } from "#domain/foundation/time.ts";
import { type Deal, WORLDWIDE } from "#domain/rights/deals.ts";
import type { CompositionBrief } from "./composer.ts";

export type DemoFormat = "flac" | "wav" | "mp3" | "ogg";

export interface DemoTrack extends CompositionBrief {
  readonly title: string;
  /** Of the country code ZZ, which is never assigned: no real recording can have it. */
  readonly isrc: string;
  readonly trackNumber: number;
  readonly format: DemoFormat;
}

export type DemoDeal = Pick<Deal, "territories" | "excludedTerritories">;

export interface DemoRelease {
  readonly artist: string;
  readonly title: string;
  readonly type: "album" | "ep" | "single";
  readonly label: string;
  /** Midnight UTC. */
  readonly releaseAt: EpochMs;
  readonly deals: readonly DemoDeal[];
  readonly tracks: readonly DemoTrack[];
}

type TrackDraft = Omit<DemoTrack, "isrc" | "trackNumber" | "format"> & { readonly format?: DemoFormat };

interface ReleaseDraft extends Omit<DemoRelease, "releaseAt" | "tracks"> {
  /** Days from today; positive is still to come. */
  readonly releaseDay: number;
  /** The part of the ISRCs that is the release's own, three digits. */
  readonly isrcBlock: string;
  readonly tracks: readonly TrackDraft[];
}

const EVERYWHERE: DemoDeal = { territories: [WORLDWIDE], excludedTerritories: [] };
const EVERYWHERE_BUT_GERMANY: DemoDeal = { territories: [WORLDWIDE], excludedTerritories: ["DE"] };
const THREE_COUNTRIES: DemoDeal = { territories: ["DE", "AT", "CH"], excludedTerritories: [] };

/** Country, registrant and year: `ZZ` `RIM` `26`. */
const ISRC_STEM = "ZZRIM26";

const DRAFTS: readonly ReleaseDraft[] = [
  {
    artist: "Velvet Tramline",
    title: "Last Car to Harbour Street",
    type: "ep",
    label: "Lamplight Depot",
    releaseDay: -3,
    isrcBlock: "001",
    deals: [EVERYWHERE],
    tracks: [
      {
        title: "Rain on the Quarter Window",
        style: "lo-fi",
        key: "Eb major",
        tempoBpm: 78,
        seed: 120,
        lengthSeconds: 62,
      },
      { title: "Coffee for the Conductor", style: "bossa", key: "F major", tempoBpm: 128, seed: 7, lengthSeconds: 54 },
      { title: "Low Lamps", style: "lo-fi", key: "A minor", tempoBpm: 84, seed: 31, lengthSeconds: 55, format: "wav" },
      {
        title: "Home Before the Milk",
        style: "nocturne",
        key: "Db major",
        tempoBpm: 84,
        seed: 4,
        lengthSeconds: 34,
        format: "mp3",
      },
    ],
  },
  {
    artist: "かもめ電灯",
    title: "雨あがりの港",
    type: "ep",
    label: "Kamome Records",
    releaseDay: -9,
    isrcBlock: "002",
    deals: [EVERYWHERE],
    tracks: [
      { title: "雨あがりの港", style: "waltz", key: "D minor", tempoBpm: 104, seed: 52, lengthSeconds: 56 },
      {
        title: "紙の舟 (Paper Boats)",
        style: "mallets",
        key: "G major",
        tempoBpm: 106,
        seed: 18,
        lengthSeconds: 55,
        format: "ogg",
      },
    ],
  },
  {
    artist: "Hollis & Wren Adair",
    title: "What the Orchard Kept",
    type: "album",
    label: "Crooked Ladder",
    releaseDay: -75,
    isrcBlock: "003",
    deals: [EVERYWHERE],
    tracks: [
      { title: "Windfall", style: "folk", key: "G major", tempoBpm: 96, seed: 11, lengthSeconds: 57 },
      { title: "The Kettle Waltz", style: "waltz", key: "C major", tempoBpm: 98, seed: 27, lengthSeconds: 54 },
      {
        title: "Crows on the Long Hedge",
        style: "folk",
        key: "E dorian",
        tempoBpm: 108,
        seed: 63,
        lengthSeconds: 54,
        format: "wav",
      },
    ],
  },
  {
    artist: "Pollen Arcade",
    title: "Daylight Saving",
    type: "ep",
    label: "Ninth Arcade",
    releaseDay: -41,
    isrcBlock: "004",
    deals: [EVERYWHERE_BUT_GERMANY],
    tracks: [
      { title: "Neon Allotment", style: "synth-pop", key: "A major", tempoBpm: 116, seed: 40, lengthSeconds: 58 },
      { title: "Your Turn to Drive", style: "synth-pop", key: "F# minor", tempoBpm: 110, seed: 9, lengthSeconds: 56 },
    ],
  },
  {
    artist: "Nachtfähre",
    title: "Zweite Überfahrt",
    type: "ep",
    label: "Stiller Kai",
    releaseDay: -118,
    isrcBlock: "005",
    deals: [THREE_COUNTRIES],
    tracks: [
      { title: "Fahrwasser", style: "minimal-techno", key: "C minor", tempoBpm: 122, seed: 77, lengthSeconds: 60 },
      { title: "Nebelhorn, sehr leise", style: "ambient", key: "D lydian", tempoBpm: 66, seed: 5, lengthSeconds: 62 },
    ],
  },
  {
    artist: "Pollen Arcade",
    title: "Tomorrow, Probably",
    type: "single",
    label: "Ninth Arcade",
    releaseDay: 14,
    isrcBlock: "006",
    deals: [EVERYWHERE],
    tracks: [
      { title: "Tomorrow, Probably", style: "synth-pop", key: "D major", tempoBpm: 120, seed: 41, lengthSeconds: 52 },
    ],
  },
];

/** The releases as seen from an instant, in the order in which they are worth composing. */
export function demoCatalog(nowMs: EpochMs): readonly DemoRelease[] {
  const todayMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  return DRAFTS.map(({ releaseDay, isrcBlock, tracks, ...release }) => ({
    ...release,
    releaseAt: todayMs + releaseDay * DAY_MS,
    tracks: tracks.map((track, index) => ({
      ...track,
      isrc: `${ISRC_STEM}${isrcBlock}${String(index + 1).padStart(2, "0")}`,
      trackNumber: index + 1,
      format: track.format ?? "flac",
    })),
  }));
}
