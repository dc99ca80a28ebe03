/**
 * Walks a fragmented MP4 file (ISO 14496-12) of one sound track with one index before its fragments, and holds the
 * index against what the fragments say themselves: players take ranges from it unseen.
 */
import { err, ok, type Result } from "#domain/foundation/result.ts";
import {
  BOX_HEADER_BYTES,
  type BoxHeader,
  type Mp4Track,
  readBox,
  readFragment,
  readSegmentIndex,
  readTrack,
  type SegmentIndexBox,
} from "./mp4-boxes.ts";
import type { Scanner } from "./scanner.ts";
import type { SeekPoint } from "./seek-table.ts";

export interface FragmentedMp4 {
  readonly sampleRate: number;
  readonly channels: number;
  /** What is audible: the samples of all fragments without the encoder's delay. */
  readonly totalFrames: number;
  readonly startSkipFrames: number;
  /** The length of the initialization segment; the index begins there and ends where the first seek point is. */
  readonly headerBytes: number;
  /** The start of each fragment. */
  readonly seekPoints: SeekPoint[];
}

/** What may stand behind what; old builds of ffmpeg put an index of their own (`mfra`) behind everything. */
const FOLLOWERS: Readonly<Record<string, readonly string[]>> = {
  "": ["ftyp"],
  ftyp: ["moov"],
  moov: ["sidx"],
  sidx: ["moof"],
  moof: ["mdat"],
  mdat: ["moof", "mfra"],
  mfra: [],
};

interface OpenFragment {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly durationFrames: number;
  readonly dataBytes: number;
}

/** Reads what one of our own encoders wrote; anything else is a fault, told in words for a log. */
export class Mp4FragmentScanner implements Scanner<Result<FragmentedMp4, string>> {
  readonly #fileBytes: number;
  #fault: string | null = null;
  #previous = "";
  #position = 0;
  #track: Mp4Track | null = null;
  #index: SegmentIndexBox | null = null;
  #headerBytes = 0;
  #fragment: OpenFragment | null = null;
  /** Media frames of the fragments so far, the encoder's delay among them. */
  #mediaFrames = 0;
  readonly #seekPoints: SeekPoint[] = [];

  constructor(fileBytes: number) {
    this.#fileBytes = fileBytes;
  }

  consume(bytes: Uint8Array, offset: number): number {
    let at = 0;
    while (at < bytes.length && this.#fault === null) {
      const header = readBox(bytes.subarray(at));
      const sizeBytes = header?.sizeBytes ?? null;
      // Cut by the end of the window, or by that of the file: then nothing more is done and the position tells.
      if (header === null && at + BOX_HEADER_BYTES * 2 > bytes.length) break;
      if (header === null || sizeBytes === null) {
        this.#fault = `the box at ${offset + at} has no length`;
        break;
      }
      if (header.name !== "mdat" && at + sizeBytes > bytes.length) break;
      const body = bytes.subarray(at + BOX_HEADER_BYTES, at + sizeBytes);
      this.#fault = this.#takeBox({ ...header, sizeBytes }, body, offset + at);
      at += sizeBytes;
      this.#position = offset + at;
    }
    return this.#fault === null ? at : 0;
  }

  #takeBox(header: BoxHeader & { readonly sizeBytes: number }, body: Uint8Array, offset: number): string | null {
    const { name, sizeBytes } = header;
    if (FOLLOWERS[this.#previous]?.includes(name) !== true) {
      return `a box ${JSON.stringify(name)} at ${offset}, behind ${JSON.stringify(this.#previous)}`;
    }
    this.#previous = name;
    switch (name) {
      case "moov":
        this.#track = readTrack(body);
        return this.#track === null ? "the track is not one of AAC with an edit list" : null;
      case "sidx":
        this.#index = readSegmentIndex(body);
        this.#headerBytes = offset;
        return this.#index === null ? "the segment index is not readable" : this.#checkIndex(this.#index);
      case "moof":
        return this.#openFragment(body, offset, sizeBytes);
      case "mdat":
        return this.#closeFragment(sizeBytes);
      default:
        return null;
    }
  }

  #checkIndex({ timescale, earliestFrame, gapBytes }: SegmentIndexBox): string | null {
    const counts = timescale === this.#track?.sampleRate && earliestFrame === 0 && gapBytes === 0;
    return counts ? null : "the segment index does not count frames from the start";
  }

  #openFragment(body: Uint8Array, offset: number, sizeBytes: number): string | null {
    const fragment = this.#track === null ? null : readFragment(body, this.#track);
    if (fragment === null) return `the fragment at ${offset} is not readable`;
    if (fragment.decodeFrame !== this.#mediaFrames) return `the fragment at ${offset} does not follow the one before`;
    if (fragment.dataOffset !== sizeBytes + BOX_HEADER_BYTES)
      return `the fragment at ${offset} has its samples elsewhere`;
    this.#fragment = { ...fragment, offset, sizeBytes };
    return null;
  }

  /** `sizeBytes` is that of the data behind the fragment's own box. */
  #closeFragment(sizeBytes: number): string | null {
    const fragment = this.#fragment;
    const reference = this.#index?.references[this.#seekPoints.length];
    if (fragment === null || this.#track === null) return "data without a fragment";
    const { offset, durationFrames } = fragment;
    if (reference === undefined) return `the fragment at ${offset} is not in the segment index`;
    const { sampleRate, startSkipFrames } = this.#track;
    const firstFrame = Math.max(0, this.#mediaFrames - startSkipFrames);
    this.#mediaFrames += durationFrames;
    const isIndexed =
      reference.sizeBytes === fragment.sizeBytes + sizeBytes &&
      reference.durationFrames === this.#mediaFrames - startSkipFrames - firstFrame &&
      reference.beginsWithAccessPoint;
    if (!isIndexed) return `the fragment at ${offset} is not as the segment index says`;
    if (fragment.dataBytes !== sizeBytes - BOX_HEADER_BYTES) return `the samples at ${offset} do not fill their data`;
    // Rounded up, as in every seek table: never after the instant that is looked for.
    this.#seekPoints.push([Math.ceil((firstFrame * 1_000) / sampleRate), offset]);
    return null;
  }

  finish(): Result<FragmentedMp4, string> {
    if (this.#fault !== null) return err(this.#fault);
    const isWhole = this.#position === this.#fileBytes && ["mdat", "mfra"].includes(this.#previous);
    if (!isWhole || this.#track === null || this.#index === null) return err(`the file is cut at ${this.#position}`);
    if (this.#seekPoints.length !== this.#index.references.length) return err("fragments of the index are missing");
    const { sampleRate, channels, startSkipFrames } = this.#track;
    return ok({
      sampleRate,
      channels,
      totalFrames: this.#mediaFrames - startSkipFrames,
      startSkipFrames,
      headerBytes: this.#headerBytes,
      seekPoints: this.#seekPoints,
    });
  }
}
