/**
 * Runs ffmpeg on files that strangers sent: with a bound on time and memory, with no way to the network, and only by
 * the one reader that fits what the file was found to be.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { ffmpegPath } from "#jobs/ffmpeg-binary.ts";
import { DEMUXERS, type SourceFormat } from "./source-format.ts";

export interface FfmpegLimits {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
}

export interface FfmpegRun {
  /** 0 where ffmpeg says that all went well. */
  readonly exitCode: number;
  readonly stderr: string;
}

/** What a program dies of that is broken by what it reads. */
const CRASH_SIGNALS: readonly NodeJS.Signals[] = [
  "SIGSEGV",
  "SIGABRT",
  "SIGBUS",
  "SIGFPE",
  "SIGILL",
  "SIGTRAP",
  "SIGSYS",
];

/** A limit, the system or ffmpeg's own crash ended it before it could say anything. */
export class FfmpegEndedError extends Error {
  /** True where it crashed, or computed for longer than it may: what it was given does that to it, anywhere. */
  readonly isOfTheInput: boolean;

  constructor(signal: NodeJS.Signals, isOverProcessorTime: boolean, stderr: string) {
    super(`ffmpeg was ended by ${signal}: ${lastLine(stderr)}`);
    this.name = "FfmpegEndedError";
    this.isOfTheInput = isOverProcessorTime || CRASH_SIGNALS.includes(signal);
  }
}

/** Address space, in KiB: many times what the longest master took, far below what would hurt the machine. */
const ADDRESS_SPACE_KIB = 1_500_000;
/** The largest single allocation that ffmpeg itself allows, against forged lengths. */
const ALLOCATION_BYTES_MAX = 100_000_000;
/** What ffmpeg says of its input comes first and what it measured last. */
const OUTPUT_CHARACTERS_MAX = 256 * 1024;
const ENCODER_NAME_MAX = 120;

/**
 * The limits are set in the process that becomes ffmpeg. Where util-linux offers it, ffmpeg also dies with its
 * parent: killed jobs leave no encoders behind.
 */
const LIMITED_START = `ulimit -v "$1"; ulimit -t "$2"; shift 2
if setpriv --pdeathsig KILL true 2>/dev/null; then exec setpriv --pdeathsig KILL "$@"; fi
exec "$@"`;

const GUARD_ARGUMENTS = ["-hide_banner", "-nostdin", "-nostats", "-max_alloc", String(ALLOCATION_BYTES_MAX)];

/** The arguments that open a master and nothing else. */
export function inputArguments(path: string, format: SourceFormat): string[] {
  const demuxer = DEMUXERS[format];
  const whitelists = ["-protocol_whitelist", "file", "-format_whitelist", demuxer];
  return ["-threads", "1", ...whitelists, "-f", demuxer, "-i", `file:${path}`];
}

/** Limits that grow with the length of the work. Slow machines take several times what fast ones do. */
export function limitsFor(durationSeconds: number): FfmpegLimits {
  const cpuSeconds = Math.ceil(60 + durationSeconds / 2);
  return { cpuSeconds, wallSeconds: cpuSeconds * 4 };
}

/**
 * Runs ffmpeg to its end. Throws an FfmpegEndedError where it was ended from outside, and other errors where it could
 * not be started, had no memory, or the signal was aborted. Any exit code is an answer. What it writes to its standard
 * output goes to `onOutput`, piece by piece.
 */
export async function runFfmpeg(
  args: string[],
  limits: FfmpegLimits,
  signal: AbortSignal,
  onOutput?: (bytes: Buffer) => void,
): Promise<FfmpegRun> {
  signal.throwIfAborted();
  const child = startFfmpeg([...GUARD_ARGUMENTS, ...args], limits, onOutput === undefined ? "ignore" : "pipe");
  const startedAtMs = performance.now();
  const stop = () => child.kill("SIGKILL");
  signal.addEventListener("abort", stop, { once: true });
  const timer = setTimeout(stop, limits.wallSeconds * 1_000);
  try {
    const [stderr, ended] = await Promise.all([
      readBounded(child.stderr),
      waitForEnd(child),
      passOn(child.stdout, onOutput),
    ]);
    signal.throwIfAborted();
    if (ended.signal !== null) {
      // The limit on processor time kills as whoever wants memory back does, but never before so much time is over.
      const seconds = (performance.now() - startedAtMs) / 1_000;
      const isOverProcessorTime = seconds >= limits.cpuSeconds && seconds < limits.wallSeconds;
      throw new FfmpegEndedError(ended.signal, isOverProcessorTime, stderr);
    }
    if (/Cannot allocate memory/.test(stderr)) throw new Error("ffmpeg had no more memory");
    return { exitCode: ended.code, stderr };
  } finally {
    // Where whoever takes the output could not, ffmpeg would wait for a reader.
    stop();
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

function startFfmpeg(args: string[], limits: FfmpegLimits, stdout: "ignore" | "pipe") {
  const stdio: ["ignore", "ignore" | "pipe", "pipe"] = ["ignore", stdout, "pipe"];
  if (process.platform !== "linux") return spawn(ffmpegPath(), args, { stdio });
  const limited = [String(ADDRESS_SPACE_KIB), String(limits.cpuSeconds), ffmpegPath(), ...args];
  return spawn("/bin/sh", ["-c", LIMITED_START, "sh", ...limited], { stdio });
}

function waitForEnd(
  child: ReturnType<typeof startFfmpeg>,
): Promise<{ readonly code: number; readonly signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code: code ?? -1, signal }));
  });
}

async function passOn(output: AsyncIterable<Buffer> | null, take: (bytes: Buffer) => void = () => {}): Promise<void> {
  for await (const bytes of output ?? []) take(bytes);
}

async function readBounded(stream: AsyncIterable<Buffer> | null): Promise<string> {
  let head = "";
  let tail = "";
  for await (const chunk of stream ?? []) {
    const text = chunk.toString("utf8");
    if (head.length < OUTPUT_CHARACTERS_MAX) head += text;
    else tail = (tail + text).slice(-OUTPUT_CHARACTERS_MAX);
  }
  return head + tail;
}

/** What a filter measured comes after what went wrong, and "failed" says nothing of it. */
const NO_REASON = /^\[Parsed_|^Conversion failed|^\s/;

/** ffmpeg's own last words, for a log or an artist: without the address that it puts before them. */
export function lastLine(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "" && !NO_REASON.test(line));
  return (lines.at(-1) ?? "it said nothing").replace(/^\[[^\]]*\]\s*/, "").slice(0, 300);
}

/** The build: its version, and a hash over all that it says of itself, because libraries differ between builds. */
export async function encoderBuild(signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(ffmpegPath(), ["-hide_banner", "-version"], { stdio: ["ignore", "pipe", "ignore"], signal });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  child.once("error", reject);
  child.once("close", () => resolve(text));
  const output = await promise;
  const version = /^ffmpeg version (\S+)/.exec(output)?.[1];
  if (version === undefined) throw new Error(`${ffmpegPath()} does not answer as ffmpeg does`);
  const hash = createHash("sha256").update(output).digest("hex").slice(0, 12);
  return `ffmpeg ${version.slice(0, ENCODER_NAME_MAX)} build ${hash}`;
}
