/** A transcode job that is killed, at whatever step, costs time and nothing else. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { mkdirSync, readdirSync, utimesSync } from "node:fs";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { LADDER } from "#domain/ingest/ladder.ts";
import { ServiceClient } from "#jobs/client/service-client.ts";
import { uploadTrack } from "#jobs/client/upload-track.ts";
import { sha256OfFile } from "#jobs/file-sha256.ts";
import { type FixtureFolder, fixtureFolder, music } from "#jobs/transcode/audio-fixtures.ts";
import type { Step, StepReport } from "#jobs/transcode/job-report.ts";
import type { Playback, startPlayback } from "#workers/api/plays/plays-contract.ts";
import type { createRelease, getRelease, putArtist } from "#workers/ingest/catalog/catalog-contract.ts";
import type { getUpload, Upload } from "#workers/ingest/uploads/uploads-contract.ts";

const system = inject("bareSystem");
/** Near the shortest that the service grants: what a killed job held comes free that soon. */
const LEASE_SECONDS = 3;
/** One that no test waits for the end of. */
const LONG_LEASE_SECONDS = 600;
/** Bounds for machines that do much else; what takes this long is broken. */
const STEP_MS = 90_000;
const SETTLE_MS = 90_000;
const TEST_MS = 240_000;

/** Each is announced just before it begins. */
const KILL_AT: readonly Step[] = ["claimed", "fetched", "checked", "measured", "encoded", "uploaded", "completed"];

vi.setConfig({ testTimeout: TEST_MS });

let folder: FixtureFolder;
let artist: ServiceClient;
let listener: ServiceClient;
let releaseId: string;
let trackNumber = 0;
const running = new Set<Job>();

function accountOf(role: string) {
  const account = system.accounts.find((candidate) => candidate.role === role);
  if (account === undefined) throw new Error(`the system has no ${role}`);
  return account;
}

/** A job process and all that it has announced. */
class Job {
  readonly steps: StepReport[] = [];
  hasSpoken = false;
  readonly process: ChildProcess;
  readonly #announcements = new EventEmitter();

  constructor(leaseSeconds = LEASE_SECONDS) {
    const { email, password } = accountOf("job");
    const options = ["--url", system.url, "--lease-seconds", String(leaseSeconds), "--concurrency", "1", "--json"];
    const child = spawn(process.execPath, ["jobs/transcode/main.ts", ...options], {
      env: { ...process.env, TMPDIR: folder.file("tmp"), RIMSHOT_JOB_EMAIL: email, RIMSHOT_JOB_PASSWORD: password },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = createInterface({ input: child.stdout });
    lines.on("line", (line) => {
      this.hasSpoken = true;
      const event = JSON.parse(line) as { event: string } & StepReport;
      if (event.event === "step") this.steps.push(event);
      this.#announcements.emit("change");
    });
    lines.once("close", () => this.#announcements.emit("change"));
    this.process = child;
    running.add(this);
  }

  /** Waits until the job has begun this step with this upload; throws where it ends before, or takes too long. */
  async until(uploadId: string, step: Step): Promise<void> {
    const timeout = AbortSignal.timeout(STEP_MS);
    while (!this.steps.some((report) => report.uploadId === uploadId && report.step === step)) {
      if (this.process.exitCode !== null) throw new Error(`the job ended before ${step}`);
      await once(this.#announcements, "change", { signal: timeout }).catch((cause: unknown) => {
        throw new Error(`${step} was not begun in time, after ${JSON.stringify(this.steps)}`, { cause });
      });
    }
  }

  /** Until it has said anything: a process that has only just been started dies of a signal, whatever it would do. */
  async untilStarted(): Promise<void> {
    await expect.poll(() => this.hasSpoken, { timeout: STEP_MS }).toBe(true);
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    running.delete(this);
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill(signal);
      await once(this.process, "exit");
    }
    return this.process.exitCode;
  }
}

beforeAll(async () => {
  folder = fixtureFolder();
  mkdirSync(folder.file("tmp"));
  artist = new ServiceClient(system.url, accountOf("artist"));
  listener = new ServiceClient(system.url, accountOf("listener"));
  const { id } = await artist.call<typeof putArtist>("post", "/v1/ingest/artists", { body: { name: "The Survivors" } });
  const release = await artist.call<typeof createRelease>("post", "/v1/ingest/releases", {
    headers: { "idempotency-key": `transcode-kill-${randomUUID()}` },
    body: { artist_id: id, title: "Killed", release_at: "2020-01-01T00:00:00Z" },
  });
  releaseId = release.id;
});

afterEach(async () => {
  // A job that a failed test left behind would take the next one's work.
  await Promise.all([...running].map((job) => job.end("SIGKILL")));
});

afterAll(() => folder.remove());

/** Another recording each time, also in each run: one that the service knows is published without a job. */
async function uploadFlac(seconds: number): Promise<Upload> {
  trackNumber += 1;
  const path = folder.make(`${trackNumber}.flac`, ...music(seconds + trackNumber / 10 + Math.random() / 20));
  const track = { title: `Take ${trackNumber}`, track_number: trackNumber };
  const sha256 = await sha256OfFile(path);
  return uploadTrack(artist, { releaseId, track, filePath: path, contentType: "audio/flac", sha256 });
}

function fetchUpload(id: string): Promise<Upload> {
  return artist.call<typeof getUpload>("get", "/v1/ingest/uploads/:id", { params: { id } });
}

async function untilSettled(id: string): Promise<Upload> {
  const deadline = Date.now() + SETTLE_MS;
  for (;;) {
    const upload = await fetchUpload(id);
    if (upload.state === "PUBLISHED" || upload.state === "REJECTED" || Date.now() > deadline) return upload;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** The playback of the track, once it has been published with each rung of the ladder once. */
async function expectPublishedOnce(upload: Upload): Promise<Playback> {
  expect(await untilSettled(upload.id)).toMatchObject({ state: "PUBLISHED", reason: null });
  const params = { id: releaseId };
  const release = await artist.call<typeof getRelease>("get", "/v1/ingest/releases/:id", { params });
  expect(release.tracks.filter((track) => track.id === upload.track_id)).toHaveLength(1);
  const body = { track_id: upload.track_id };
  const playback = await listener.call<typeof startPlayback>("post", "/v1/playbacks", { body });
  const profiles = playback.renditions.map(({ profile }) => profile).sort();
  expect(profiles).toEqual(LADDER.map(({ id }) => id).sort());
  return playback;
}

describe("an upload whose job is killed", () => {
  it.each(KILL_AT)("at the step %s is published once, with each rendition once [TRC-3]", async (step) => {
    const upload = await uploadFlac(2);
    const killed = new Job();
    await killed.until(upload.id, step);
    await killed.end("SIGKILL");
    // A kill can come too late only for the call that is the last step.
    if (step !== "completed") expect((await fetchUpload(upload.id)).state).toBe("TRANSCODING");
    const second = new Job();
    await second.untilStarted();
    const playback = await expectPublishedOnce(upload);
    expect(await second.end("SIGTERM")).toBe(0);
    for (const rendition of playback.renditions) {
      const bytes = await (await fetch(new URL(rendition.url, system.url))).arrayBuffer();
      expect(bytes.byteLength).toBe(rendition.size_bytes);
    }
  });

  it.runIf(process.platform === "linux")("leaves no encoder running [TRC-7]", async () => {
    const upload = await uploadFlac(25);
    const killed = new Job();
    await killed.until(upload.id, "encoded");
    const encodersOf = (isOne: (pid: number, parent: number) => boolean) =>
      execFileSync("ps", ["-A", "-o", "pid=,ppid=,stat=,comm="], { encoding: "utf8" })
        .split("\n")
        .map((line) => line.trim().split(/\s+/))
        // What is dead and not yet buried by the machine's first process runs no more.
        .filter(([, , state = "", name]) => name === "ffmpeg" && !state.startsWith("Z"))
        .map(([pid, parent]) => [Number(pid), Number(parent)] as const)
        .filter(([pid, parent]) => isOne(pid, parent))
        .map(([pid]) => pid);
    const children = () => encodersOf((_, parent) => parent === killed.process.pid);
    await expect.poll(children, { timeout: STEP_MS }).not.toEqual([]);
    const encoders = children();
    await killed.end("SIGKILL");
    await expect.poll(() => encodersOf((pid) => encoders.includes(pid)), { timeout: STEP_MS }).toEqual([]);
    const second = new Job();
    await expectPublishedOnce(upload);
    await second.end("SIGTERM");
  });
});

describe("a job that is told to end", () => {
  it("gives its lease back at once and leaves no files [TRC-14] [TRC-15]", async () => {
    const stale = folder.file("tmp/rimshot-transcode-stale");
    mkdirSync(stale);
    utimesSync(stale, 0, 0);
    mkdirSync(folder.file("tmp/not-ours"));
    const upload = await uploadFlac(30);
    const before = new Set(readdirSync(folder.file("tmp")));
    const job = new Job(LONG_LEASE_SECONDS);
    await job.until(upload.id, "encoded");
    job.process.kill("SIGTERM");
    await expect.poll(() => job.process.exitCode, { timeout: STEP_MS }).toBe(0);
    const left = readdirSync(folder.file("tmp"));
    expect(left.filter((name) => !before.has(name))).toEqual([]);
    expect(left).not.toContain("rimshot-transcode-stale");
    expect(left).toContain("not-ours");
    // The term is far longer than this test: that another can take the work up shows that it was given back.
    const second = new Job();
    await expectPublishedOnce(upload);
    await second.end("SIGTERM");
  });
});

describe("a lease", () => {
  it("is held for as long as the work takes, with another job waiting [TRC-1]", async () => {
    const upload = await uploadFlac(120);
    const first = new Job();
    await first.until(upload.id, "claimed");
    const waiting = new Job();
    await first.until(upload.id, "completed");
    await expectPublishedOnce(upload);
    expect((first.steps.at(-1)?.seconds ?? 0) > LEASE_SECONDS).toBe(true);
    await first.end("SIGTERM");
    const next = await uploadFlac(1);
    await waiting.until(next.id, "completed");
    expect(waiting.steps.map(({ uploadId }) => uploadId)).not.toContain(upload.id);
    await waiting.end("SIGTERM");
  });

  it("that ran out while a job stood still is another's: the first one stops its work [TRC-2]", async () => {
    const upload = await uploadFlac(30);
    const frozen = new Job();
    await frozen.until(upload.id, "encoded");
    frozen.process.kill("SIGSTOP");
    const second = new Job();
    await second.until(upload.id, "claimed");
    frozen.process.kill("SIGCONT");
    await frozen.until(upload.id, "lease-lost");
    await expectPublishedOnce(upload);
    expect(frozen.steps.filter(({ uploadId, step }) => uploadId === upload.id && step === "completed")).toEqual([]);
    await Promise.all([frozen.end("SIGTERM"), second.end("SIGTERM")]);
  });
});
