/**
 * How many requests a track is for a browser: a real audio element plays a whole song at its own pace from a server
 * that answers ranges as the edge does. Another one jumps ahead once, to where nothing has been loaded yet.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as wait } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { parseByteRange } from "#domain/delivery/byte-range.ts";
import { LADDER, type LadderProfile } from "#domain/ingest/ladder.ts";
import { launchBrowser } from "#tests/browser/browser.ts";
import type { Benchmark, Figures } from "../benchmark.ts";
import { encodeSong, makeMaster, SONG_SECONDS } from "./song.ts";

const PROFILES = { Vorbis: "vorbis-160", Aac: "aac-160", Mp3: "mp3-320", Flac: "flac" } as const;
/** 16 Mbit/s: a home line, so that the element meets a body that is still on its way. */
const PIECE_BYTES = 64 * 1_024;
const PIECE_EVERY_MS = 32;
/** One jump, to where nothing has been loaded yet. */
const SEEK = { afterSeconds: 1, toSeconds: 190 };
const END_WAIT_MS = (SONG_SECONDS + 60) * 1_000;

type Seek = typeof SEEK;

export const audioElementBenchmark: Benchmark = {
  name: "audio-element",
  summary: `requests of a browser's audio element for a song of ${SONG_SECONDS} s (about four minutes)`,
  async run(progress) {
    const folder = await mkdtemp(join(tmpdir(), "rimshot-audio-element-"));
    try {
      progress("Encoding the song.");
      const songs = await encodeSongs(folder);
      // A browser keeps six connections to an origin, which the elements must not compete for.
      await using whole = await serveSongs(songs);
      await using seek = await serveSongs(songs);
      await using browser = await launchBrowser();
      progress(`Playing it for ${SONG_SECONDS} s, in all formats at once.`);
      await Promise.all([playAll(browser, whole.origin, null), playAll(browser, seek.origin, SEEK)]);
      return { ...figuresOf(whole.requests, "PerSong"), ...figuresOf(seek.requests, "WithSeek") };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function encodeSongs(folder: string): Promise<ReadonlyMap<string, { profile: LadderProfile; bytes: Buffer }>> {
  const songs = new Map<string, { profile: LadderProfile; bytes: Buffer }>();
  const master = await makeMaster(folder);
  for (const [name, id] of Object.entries(PROFILES)) {
    const profile = LADDER.find((rung) => rung.id === id);
    if (profile === undefined) throw new Error(`the ladder has no ${id}`);
    songs.set(name, { profile, bytes: await readFile(await encodeSong(profile, master, folder)) });
  }
  return songs;
}

async function playAll(browser: Browser, origin: string, seek: Seek | null): Promise<void> {
  const page = await browser.newPage();
  await page.goto(origin);
  await Promise.all(Object.keys(PROFILES).map((name) => play(page, name, seek)));
}

/** To the end of the song. */
async function play(page: Page, name: string, seek: Seek | null): Promise<void> {
  const outcome = await page.evaluate(
    async ({ url, jump, endWaitMs }) => {
      const audio = new Audio(url);
      audio.preload = "auto";
      const ended = new Promise<string>((resolve) => {
        audio.addEventListener("ended", () => resolve("ended"));
        audio.addEventListener("error", () => resolve(`error ${audio.error?.code}`));
        setTimeout(() => resolve("no end in time"), endWaitMs);
      });
      await audio.play();
      if (jump !== null) {
        setTimeout(() => {
          audio.currentTime = jump.toSeconds;
        }, jump.afterSeconds * 1_000);
      }
      return ended;
    },
    { url: `/${name}`, jump: seek, endWaitMs: END_WAIT_MS },
  );
  if (outcome !== "ended") throw new Error(`${name}: ${outcome}`);
}

interface SongServer extends AsyncDisposable {
  readonly origin: string;
  /** The Range headers for each song, in the order in which they came. */
  readonly requests: ReadonlyMap<string, readonly string[]>;
}

async function serveSongs(
  songs: ReadonlyMap<string, { readonly profile: LadderProfile; readonly bytes: Buffer }>,
): Promise<SongServer> {
  const requests = new Map<string, string[]>();
  const server: Server = createServer((request, response) => {
    const name = (request.url ?? "").slice(1);
    const song = songs.get(name);
    if (song === undefined) {
      response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>");
      return;
    }
    requests.set(name, [...(requests.get(name) ?? []), request.headers.range ?? "none"]);
    void answer(request, response, song.profile.mimeType, song.bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  mimeType: string,
  bytes: Buffer,
): Promise<void> {
  const range = parseByteRange(request.headers.range ?? null, bytes.length);
  if (range.kind === "unsatisfiable") {
    response.writeHead(416).end();
    return;
  }
  const [offset, length] = range.kind === "part" ? [range.offset, range.length] : [0, bytes.length];
  response.writeHead(range.kind === "part" ? 206 : 200, {
    "content-type": mimeType,
    "accept-ranges": "bytes",
    "content-length": length,
    "cache-control": "no-store",
    ...(range.kind === "part" ? { "content-range": `bytes ${offset}-${offset + length - 1}/${bytes.length}` } : {}),
  });
  // An element that has enough, or goes, cuts the connection.
  await pipeline(Readable.from(pieces(bytes.subarray(offset, offset + length))), response).catch(() => undefined);
}

async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let sent = 0; sent < bytes.length; sent += PIECE_BYTES) {
    yield bytes.subarray(sent, sent + PIECE_BYTES);
    await wait(PIECE_EVERY_MS);
  }
}

function figuresOf(requests: SongServer["requests"], how: "PerSong" | "WithSeek"): Figures {
  const figures = Object.entries(PROFILES).map(([name, id]) => {
    const ranges = requests.get(name) ?? [];
    const meaning = `${id}, ${how === "PerSong" ? "from beginning to end" : "with one jump"}: ${ranges.join(", ")}`;
    return [`requests${how}${name}`, { value: ranges.length, unit: "requests", meaning }] as const;
  });
  return Object.fromEntries(figures);
}
