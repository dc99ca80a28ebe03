/** Reads what ffmpeg says of its input: there is no ffprobe beside the packaged ffmpeg. */

export interface SourceStreams {
  /** The first audio stream, the one that is transcoded. */
  readonly audio: AudioStream | null;
  /** True where there is a picture that moves: cover art is no video. */
  readonly hasVideo: boolean;
}

export interface AudioStream {
  /** ffmpeg's name: `pcm_s24le`, `flac`, `aac`. */
  readonly codec: string;
  readonly sampleRate: number;
  readonly channels: number;
  /** What a lossless copy needs. */
  readonly bitsPerSample: 16 | 24;
}

const AUDIO_LINE = /^\s+Stream #0:\d+[^:]*: Audio: (\w+).*?, (\d+) Hz, ([^,]+), (\w+)(?: \((\d+) bit\))?/;
const VIDEO_LINE = /^\s+Stream #0:\d+[^:]*: Video: /;
/** Not every build marks cover art; but a still picture of a still picture's codec has no frame rate. */
const PICTURE_LINE = /\(attached pic\)|: Video: (?:mjpeg|png|gif|bmp|webp|tiff)\b(?!.* fps\b)/;
const LOSSLESS_CODECS = /^(pcm_|flac$|alac$|wavpack$)/;
const SAMPLE_FORMATS_16: readonly string[] = ["u8", "s16", "u8p", "s16p"];

/** The filters, if any, that bring so many channels to two without a change of level. */
export function stereoFilters(channels: number): string[] {
  if (channels === 2) return [];
  // Left to itself the resampler takes 3 dB off a mono signal that it spreads to two channels.
  return [channels === 1 ? "pan=stereo|c0=c0|c1=c0" : "aformat=channel_layouts=stereo"];
}

const CHANNELS_BY_LAYOUT: Readonly<Record<string, number>> = {
  mono: 1,
  stereo: 2,
  downmix: 2,
  quad: 4,
  hexagonal: 6,
  octagonal: 8,
  hexadecagonal: 16,
};

export function parseSourceStreams(stderr: string): SourceStreams {
  // What follows is about what ffmpeg writes, and names its streams alike.
  const input = stderr.split(/^(?:Stream mapping|Output #)/m)[0] ?? "";
  const lines = input.split("\n");
  return {
    audio: lines.map(parseAudioLine).find((stream) => stream !== null) ?? null,
    hasVideo: lines.some((line) => VIDEO_LINE.test(line) && !PICTURE_LINE.test(line)),
  };
}

function parseAudioLine(line: string): AudioStream | null {
  const match = AUDIO_LINE.exec(line);
  if (match === null) return null;
  const [, codec = "", rate = "", layout = "", sampleFormat = "", rawBits] = match;
  const isSmall = SAMPLE_FORMATS_16.includes(sampleFormat) || (rawBits !== undefined && Number(rawBits) <= 16);
  // What a lossy codec decodes to has no bits of its own: 24 would only make the lossless copy larger.
  const bitsPerSample = isSmall || !LOSSLESS_CODECS.test(codec) ? 16 : 24;
  return { codec, sampleRate: Number(rate), channels: channelsOf(layout), bitsPerSample };
}

/** `stereo`, `5.1(side)`, `7.1`, `3 channels`. */
function channelsOf(layout: string): number {
  const name = layout.replace(/\(.*$/, "").trim();
  const known = CHANNELS_BY_LAYOUT[name];
  if (known !== undefined) return known;
  const count = /^(\d+) channels$/.exec(name);
  if (count !== null) return Number(count[1]);
  const parts = /^(\d+)\.(\d+)(?:\.(\d+))?$/.exec(name);
  return parts === null ? 2 : [parts[1], parts[2], parts[3]].reduce((sum, part) => sum + Number(part ?? 0), 0);
}
