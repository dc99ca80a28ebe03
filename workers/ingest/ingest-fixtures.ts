/** What the tests of this slice share: callers, releases, uploads, and a transcode job that makes tiny renditions. */
import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";
import type { Role } from "#domain/accounts/roles.ts";
import { encodeSeekTable } from "#domain/delivery/seek-table.ts";
import { encodeWaveform, WAVEFORM_PEAKS } from "#domain/delivery/waveform.ts";
import { sha256Hex } from "#domain/foundation/sha256.ts";
import { MADE_PROFILES } from "#domain/ingest/ladder.ts";
import type { UploadState } from "#domain/ingest/upload-states.ts";
import type { ReleaseBody, StudioArtist, StudioRelease } from "./catalog/catalog-contract.ts";
import type { RenditionReport, TechnicalReport, TranscodeLease } from "./transcodes/transcodes-contract.ts";
import type { Upload, UploadBody, UploadTicket } from "./uploads/uploads-contract.ts";

export const bindings = env as unknown as IngestEnv & ApiEnv & { readonly API: Fetcher; readonly INGEST: Fetcher };
export const ORIGIN = "https://rimshot.example";
const PASSWORD = "correct horse battery";
const SETTLE_MS = 10_000;

// Tests here go through queues and alarms and move megabytes, on machines that do other things besides.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

export interface Caller {
  readonly accountId: string;
  readonly token: string;
}

interface Problem {
  readonly type: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

export interface Call {
  readonly as?: Caller;
  readonly body?: unknown;
  readonly bytes?: BodyInit;
  readonly headers?: Record<string, string>;
  readonly country?: string;
}

/** Requests go to the ingest Worker unless their path is the api's. */
export function call(
  method: string,
  path: string,
  { as, body, bytes, headers = {}, country }: Call = {},
): Promise<Response> {
  const worker = path.startsWith("/v1/ingest/") ? bindings.INGEST : bindings.API;
  const sent = bytes ?? (body === undefined ? undefined : JSON.stringify(body));
  return worker.fetch(ORIGIN + path, {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(as === undefined ? {} : { authorization: `Bearer ${as.token}` }),
      ...headers,
    },
    ...(sent === undefined ? {} : { body: sent }),
    ...(country === undefined ? {} : { cf: { country } as RequestInitCfProperties }),
  });
}

/** The body of an answer that must have this status. */
export async function answered<Body>(answer: Response | Promise<Response>, status: number): Promise<Body> {
  const response = await answer;
  const text = await response.text();
  expect(`${response.status} ${text}`).toMatch(new RegExp(`^${status} `));
  return text === "" ? (null as Body) : (JSON.parse(text) as Body);
}

export async function refused(answer: Response | Promise<Response>, status: number, type: string): Promise<Problem> {
  const problem = await answered<Problem>(answer, status);
  expect(problem.type).toBe(`urn:rimshot:problem:${type}`);
  return problem;
}

let accounts = 0;

export async function newCaller(role: Role): Promise<Caller> {
  accounts += 1;
  const email = `${role}-${accounts}-${crypto.randomUUID()}@ingest.example.com`;
  const operator = { authorization: `Bearer ${bindings.OPERATOR_KEY}` };
  const account = { email, password: PASSWORD, name: "Ada", role };
  const { id } = await answered<{ id: string }>(
    call("POST", "/v1/admin/accounts", { body: account, headers: operator }),
    201,
  );
  const signIn = { email, password: PASSWORD };
  const session = await answered<Caller>(call("POST", "/api/auth/sign-in/email", { body: signIn }), 200);
  const { token } = await answered<Caller>(call("GET", "/api/auth/token", { as: session }), 200);
  return { accountId: id, token };
}

export function key(name: string = crypto.randomUUID()): Record<string, string> {
  return { "idempotency-key": name };
}

export async function newArtist(as: Caller, name: string = crypto.randomUUID()): Promise<StudioArtist> {
  return answered(call("POST", "/v1/ingest/artists", { as, body: { name } }), 201);
}

export async function newRelease(as: Caller, body: Partial<ReleaseBody> = {}): Promise<StudioRelease> {
  const artistId = body.artist_id ?? (await newArtist(as)).id;
  const release: ReleaseBody = { title: "Rims", release_at: "2020-01-01T00:00:00Z", ...body, artist_id: artistId };
  return answered(call("POST", "/v1/ingest/releases", { as, body: release, headers: key() }), 201);
}

/** Bytes that are the same for the same seed and nothing else. */
export function noise(sizeBytes: number, seed: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes);
  const words = new Uint32Array(bytes.buffer, 0, sizeBytes >> 2);
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return bytes;
}

export interface Announcement {
  readonly releaseId: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly track?: Partial<UploadBody["track"]>;
  readonly file?: Partial<UploadBody["file"]>;
}

export async function uploadBodyOf({ releaseId, bytes, track, file }: Announcement): Promise<UploadBody> {
  const sha256 = await sha256Hex(bytes);
  return {
    release_id: releaseId,
    track: { title: "One", track_number: 1, ...track },
    file: { name: "one.wav", size_bytes: bytes.byteLength, content_type: "audio/wav", sha256, ...file },
  };
}

export async function announce(as: Caller, announcement: Announcement): Promise<UploadTicket> {
  const body = await uploadBodyOf(announcement);
  return answered(call("POST", "/v1/ingest/uploads", { as, body, headers: key() }), 201);
}

export function tusHeaders(offset: number): Record<string, string> {
  return {
    "tus-resumable": "1.0.0",
    "content-type": "application/offset+octet-stream",
    "upload-offset": String(offset),
  };
}

export function append(ticket: UploadTicket, offset: number, bytes: BodyInit): Promise<Response> {
  return call("PATCH", ticket.upload_url, { bytes, headers: tusHeaders(offset) });
}

export function askOffset(ticket: UploadTicket): Promise<Response> {
  return call("HEAD", ticket.upload_url, { headers: { "tus-resumable": "1.0.0" } });
}

/** Announces a track and sends its bytes in one piece. */
export async function send(as: Caller, announcement: Announcement): Promise<Upload> {
  const ticket = await announce(as, announcement);
  await answered(append(ticket, 0, announcement.bytes), 204);
  return ticket.upload;
}

export function readUpload(as: Caller, id: string): Promise<Upload> {
  return answered(call("GET", `/v1/ingest/uploads/${id}`, { as }), 200);
}

/** The upload as it is once the queue has brought it to this state. */
export async function untilState(as: Caller, id: string, state: UploadState): Promise<Upload> {
  return vi.waitFor(
    async () => {
      const upload = await readUpload(as, id);
      expect(upload.state).toBe(state);
      return upload;
    },
    { timeout: SETTLE_MS, interval: 25 },
  );
}

export function claim(job: Caller, leaseSeconds = 60): Promise<Response> {
  return call("POST", "/v1/ingest/transcodes/claim", {
    as: job,
    body: { worker: "test", lease_seconds: leaseSeconds },
  });
}

/** The lease on this upload, once it waits. Other work that is in the queue is taken away before it. */
export async function claimUpload(job: Caller, uploadId: string, leaseSeconds = 60): Promise<TranscodeLease> {
  return vi.waitFor(
    async () => {
      const lease = await answered<TranscodeLease>(claim(job, leaseSeconds), 200);
      expect(lease.upload_id).toBe(uploadId);
      return lease;
    },
    { timeout: SETTLE_MS, interval: 20 },
  );
}

export const TECHNICAL: TechnicalReport = {
  duration_ms: 180_000,
  source_codec: "pcm_s16le",
  source_sample_rate: 44_100,
  source_channels: 2,
  loudness_lufs: -14.2,
  true_peak_dbtp: -1.1,
  encoder: "test",
  waveform: encodeWaveform(new Uint8Array(WAVEFORM_PEAKS).fill(90)),
  fingerprint: { algorithm: "chromaprint-2", duration_ms: 120_000, fingerprint: btoa("abcdefgh") },
};

export function leasePath(lease: TranscodeLease, step: string): string {
  return `/v1/ingest/transcodes/${lease.id}/${step}`;
}

/** Offers and stores a rendition for each profile, and gives what to report of them. */
export async function storeLadder(
  job: Caller,
  lease: TranscodeLease,
  profiles = MADE_PROFILES,
): Promise<RenditionReport[]> {
  return Promise.all(
    profiles.map(async ({ id: profile }, index) => {
      const bytes = new TextEncoder().encode(`${profile} of ${lease.master.sha256}`);
      const sha256 = await sha256Hex(Uint8Array.from(bytes));
      const offered = { profile, sha256, size_bytes: bytes.byteLength };
      const { upload_url: url } = await answered<{ upload_url: string | null }>(
        call("POST", leasePath(lease, "renditions"), { as: job, body: offered }),
        200,
      );
      if (url !== null) await answered(call("PUT", url, { bytes }), 201);
      return {
        ...offered,
        bitrate_kbps: 96 + index,
        sample_rate: 44_100,
        channels: 2,
        total_frames: 7_938_000,
        start_skip_frames: 0,
        header_bytes: 4,
        seek_table: encodeSeekTable([[0, 4]]),
      };
    }),
  );
}

export function complete(
  job: Caller,
  lease: TranscodeLease,
  renditions: readonly RenditionReport[],
): Promise<Response> {
  return call("POST", leasePath(lease, "complete"), { as: job, body: { technical: TECHNICAL, renditions } });
}

export async function transcode(job: Caller, uploadId: string): Promise<void> {
  const lease = await claimUpload(job, uploadId);
  await answered(complete(job, lease, await storeLadder(job, lease)), 204);
}
