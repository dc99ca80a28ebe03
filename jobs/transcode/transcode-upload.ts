/**
 * One lease from claim to end: fetch, check, measure, encode, upload, complete. Every step may be the last one that a
 * killed job takes, so nothing counts before the closing call, and all before it can be done again.
 */
import { openAsBlob } from "node:fs";
import { join } from "node:path";
import { encodeWaveform } from "#domain/delivery/waveform.ts";
import { MADE_PROFILES } from "#domain/ingest/ladder.ts";
import type { ServiceClient } from "#jobs/client/service-client.ts";
import { runTogether, type Slots } from "#jobs/slots.ts";
import { messageOf } from "#jobs/terminal/failure-text.ts";
import type {
  completeTranscode,
  failTranscode,
  offerRendition,
  TechnicalReport,
  TranscodeLease,
} from "#workers/ingest/transcodes/transcodes-contract.ts";
import { type CheckedMaster, checkMaster, type Rejection } from "./check-master.ts";
import type { Rendition } from "./encode-rendition.ts";
import { fetchMaster } from "./fetch-master.ts";
import { type HeldLease, holdLease, isLeaseLost } from "./held-lease.ts";
import type { JobReport, StepReport } from "./job-report.ts";
import { makeLadder } from "./make-ladder.ts";
import { type Loudness, measureLoudness } from "./measure-loudness.ts";
import { profileSound, type SoundProfile } from "./sound-profile.ts";
import { makeWorkFolder, removeWorkFolder, touchWorkFolder } from "./work-folder.ts";

export interface TranscodeContext {
  readonly client: ServiceClient;
  readonly report: JobReport;
  /** One for each ffmpeg process that may run at a time, over all leases. */
  readonly encoders: Slots;
  readonly encoderBuild: string;
  readonly leaseSeconds: number;
  /** Aborted when the job is to end. */
  readonly stop: AbortSignal;
}

export type TranscodeOutcome = "completed" | "rejected" | "failed" | "lost";

/** Where each step begins on the way from 0 to 1. */
const PROGRESS = { fetched: 0, checked: 0.1, measured: 0.2, encoded: 0.3, uploaded: 0.8, completed: 0.98 } as const;
/** A job that ends has this long to give its lease back. */
const FAIL_TIMEOUT_MS = 5_000;
const DETAIL_LENGTH_MAX = 1_000;
const CODEC_LENGTH_MAX = 60;

interface Work {
  readonly context: TranscodeContext;
  readonly held: HeldLease;
  readonly folder: string;
  step(report: Omit<StepReport, "uploadId" | "seconds">): void;
  progress(fraction: number): void;
}

export async function transcodeUpload(context: TranscodeContext, lease: TranscodeLease): Promise<TranscodeOutcome> {
  const folder = await makeWorkFolder();
  const held = holdLease(context.client, lease, {
    leaseSeconds: context.leaseSeconds,
    stop: context.stop,
    onBeat: () => touchWorkFolder(folder, Date.now()),
  });
  const work = beginWork(context, held, folder);
  try {
    return await workThrough(work);
  } catch (error) {
    return await giveUp(work, error);
  } finally {
    held.release();
    work.progress(1);
    await removeWorkFolder(folder);
  }
}

function beginWork(context: TranscodeContext, held: HeldLease, folder: string): Work {
  const uploadId = held.lease.upload_id;
  const startedAtMs = performance.now();
  return {
    context,
    held,
    folder,
    step(report) {
      const seconds = Math.round(performance.now() - startedAtMs) / 1_000;
      context.report.step({ uploadId, seconds, ...report });
    },
    progress(fraction) {
      held.setProgress(fraction);
      context.report.progress(uploadId, fraction);
    },
  };
}

async function workThrough(work: Work): Promise<TranscodeOutcome> {
  const { context, held, folder } = work;
  const { encoders } = context;
  const { master } = held.lease;
  const path = join(folder, "master");
  work.step({ step: "claimed" });
  begin(work, "fetched");
  await fetchMaster(context.client, master, path, held.signal);
  begin(work, "checked");
  const checked = await encoders.run(() => checkMaster(path, master.size_bytes, held.signal));
  if (!checked.ok) return await rejectMaster(work, checked.error);
  begin(work, "measured");
  const measured = await measure(work, checked.value);
  const renditions = await encodeLadder(work, checked.value, measured.sound);
  await uploadRenditions(work, renditions);
  begin(work, "completed");
  const technical = technicalReport(checked.value, measured, context.encoderBuild);
  const body = { technical, renditions: renditions.map((rendition) => rendition.report) };
  // Not tied to the lease: a heartbeat that crosses this call finds the lease ended, and must not cut it off.
  await context.client.call<typeof completeTranscode>(
    "post",
    "/v1/ingest/transcodes/:id/complete",
    { params: { id: held.lease.id }, body },
    { isRepeatable: true, signal: context.stop },
  );
  return "completed";
}

function begin(work: Work, step: keyof typeof PROGRESS): void {
  work.held.signal.throwIfAborted();
  work.progress(PROGRESS[step]);
  if (step !== "encoded" && step !== "uploaded") work.step({ step });
}

interface Measured {
  readonly loudness: Loudness;
  readonly sound: SoundProfile;
}

/** Both at a time, where there is more than one core; where one fails the other stops. */
async function measure({ context: { encoders }, held }: Work, master: CheckedMaster): Promise<Measured> {
  const tasks = [
    async (signal: AbortSignal) => ({ loudness: await encoders.run(() => measureLoudness(master, signal)) }),
    async (signal: AbortSignal) => ({ sound: await encoders.run(() => profileSound(master, signal)) }),
  ];
  const [one, other] = await runTogether<Partial<Measured>>(tasks, held.signal);
  return { ...one, ...other } as Measured;
}

async function encodeLadder(work: Work, master: CheckedMaster, sound: SoundProfile): Promise<Rendition[]> {
  begin(work, "encoded");
  const { previewStartFrame } = sound;
  const task = {
    master,
    folder: work.folder,
    encoders: work.context.encoders,
    previewStartFrame,
    onBegin: ({ id }: { readonly id: string }) => work.step({ step: "encoded", profile: id }),
    onMade: stepwise(work, PROGRESS.encoded, PROGRESS.uploaded),
  };
  return makeLadder(task, work.held.signal);
}

async function uploadRenditions(work: Work, renditions: readonly Rendition[]): Promise<void> {
  begin(work, "uploaded");
  const advance = stepwise(work, PROGRESS.uploaded, PROGRESS.completed);
  const tasks = renditions.map((rendition) => async (signal: AbortSignal) => {
    work.step({ step: "uploaded", profile: rendition.profile.id });
    await uploadRendition(work, rendition, signal);
    advance();
  });
  await runTogether(tasks, work.held.signal);
}

async function uploadRendition(work: Work, rendition: Rendition, signal: AbortSignal): Promise<void> {
  const { client } = work.context;
  const { profile, sha256, size_bytes } = rendition.report;
  const { upload_url: url } = await client.call<typeof offerRendition>(
    "post",
    "/v1/ingest/transcodes/:id/renditions",
    { params: { id: work.held.lease.id }, body: { profile, sha256, size_bytes } },
    { isRepeatable: true, signal },
  );
  // The same bytes came from an earlier try, or from another upload of the same master.
  if (url === null) return;
  await client.putSigned(url, await openAsBlob(rendition.path), rendition.profile.mimeType, signal);
}

/** Moves the progress on by an equal part for each rung. */
function stepwise(work: Work, from: number, to: number): () => void {
  let done = 0;
  return () => {
    done += 1;
    work.progress(from + ((to - from) * done) / MADE_PROFILES.length);
  };
}

function technicalReport(master: CheckedMaster, { loudness, sound }: Measured, encoder: string): TechnicalReport {
  const { stream, totalFrames } = master;
  return {
    duration_ms: Math.round((totalFrames * 1_000) / stream.sampleRate),
    source_codec: stream.codec.slice(0, CODEC_LENGTH_MAX),
    source_sample_rate: stream.sampleRate,
    source_channels: stream.channels,
    loudness_lufs: loudness.loudnessLufs,
    true_peak_dbtp: loudness.truePeakDbtp,
    encoder,
    waveform: encodeWaveform(sound.waveform),
    fingerprint: sound.fingerprint,
  };
}

async function rejectMaster(work: Work, rejection: Rejection): Promise<TranscodeOutcome> {
  const { code, detail } = rejection;
  work.step({ step: "failed", rejectCode: code, detail });
  await sendFailure(work, code, detail);
  return "rejected";
}

/** The work did not end well, and not by the file's fault: somebody shall try again. */
async function giveUp(work: Work, error: unknown): Promise<TranscodeOutcome> {
  if (isLeaseLost(error) || isLeaseLost(work.held.signal.reason)) {
    work.step({ step: "lease-lost", detail: messageOf(error) });
    return "lost";
  }
  const detail = work.context.stop.aborted ? "The job was stopped." : messageOf(error);
  work.step({ step: "failed", detail });
  try {
    await sendFailure(work, null, detail);
    return "failed";
  } catch (failure) {
    // The lease runs out by itself: another job takes the work up then.
    work.step({ step: "lease-lost", detail: messageOf(failure) });
    return "lost";
  }
}

async function sendFailure(work: Work, rejectCode: Rejection["code"] | null, detail: string): Promise<void> {
  await work.context.client.call<typeof failTranscode>(
    "post",
    "/v1/ingest/transcodes/:id/fail",
    {
      params: { id: work.held.lease.id },
      body: { reject_code: rejectCode, detail: detail.slice(0, DETAIL_LENGTH_MAX) },
    },
    { timeoutMs: FAIL_TIMEOUT_MS },
  );
}
