/** Chooses renditions for the prewarm job and signs the URLs that put them into a cache. */
import type { AudioPath } from "#domain/delivery/audio-token.ts";
import {
  PREWARM_TOKEN_SECONDS,
  PREWARM_TOKEN_USE,
  type PrewarmTokenClaims,
  prewarmPath,
} from "#domain/delivery/prewarm-token.ts";
import { type Keyring, signToken, type TokenLifetime } from "#domain/foundation/signed-token.ts";
import { type EpochMs, HOUR_MS, SECOND_MS } from "#domain/foundation/time.ts";
import { ladderProfile } from "#domain/ingest/ladder.ts";
import { keyringOf } from "#workers/shared/auth/keyrings.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { fieldProblem } from "#workers/shared/http/problem.ts";
import type { PrewarmBody, PrewarmItem } from "./prewarm-contract.ts";
import * as store from "./prewarm-store.ts";

/** Recordings of a page: each is a signature for every profile. */
const PAGE_RECORDINGS = 100;

export interface PrewarmPage {
  readonly items: PrewarmItem[];
  readonly next_cursor: string | null;
}

/** When the job asks, and where from: the point of presence that it reaches is the one that it warms. */
export interface Asking {
  readonly nowMs: EpochMs;
  /** Null where the platform does not know. */
  readonly country: string | null;
}

/** Throws where accounting does not answer for the most played. */
export async function listPrewarm(env: IngestEnv, body: PrewarmBody, asking: Asking): Promise<PrewarmPage> {
  const { nowMs } = asking;
  const unknown = body.profiles.find((profile) => ladderProfile(profile) === undefined);
  if (unknown !== undefined) throw fieldProblem("profiles", `the ladder has no ${unknown}`);
  const database = catalogDatabase(env.CATALOG_0);
  const selection = await selectionOf(env, body, asking);
  const page = { cursor: body.cursor ?? "", limit: PAGE_RECORDINGS };
  const recordingIds = await store.listRecordings(database, selection, page);
  const renditions = await store.listRenditions(database, recordingIds, body.profiles);
  const keyring = await keyringOf(env.AUDIO_TOKEN_KEYS);
  const nbf = Math.floor(nowMs / SECOND_MS);
  const lifetime = { nbf, exp: nbf + PREWARM_TOKEN_SECONDS };
  return {
    items: await Promise.all(renditions.map((rendition) => toItem(keyring, rendition, lifetime))),
    next_cursor: recordingIds.length === PAGE_RECORDINGS ? (recordingIds.at(-1) ?? null) : null,
  };
}

async function selectionOf(
  env: IngestEnv,
  body: PrewarmBody,
  { nowMs, country }: Asking,
): Promise<store.PrewarmSelection> {
  const { release_id: releaseId, scheduled_within_hours: hours, recording_ids: ids, top } = body;
  if (releaseId !== undefined) return { kind: "release", releaseId };
  if (hours !== undefined) return { kind: "scheduled", fromMs: nowMs, toMs: nowMs + hours * HOUR_MS };
  const recordingIds = ids ?? (top === undefined ? [] : await mostPlayed(env, top, body.country ?? country));
  return { kind: "recordings", recordingIds };
}

/** Those of a country come first. Where it has played fewer than are asked for, the world's fill the list. */
async function mostPlayed(env: IngestEnv, limit: number, country: string | null): Promise<string[]> {
  const there = country === null ? [] : await env.ACCOUNTING.mostPlayed(limit, country);
  if (there.length === limit) return there;
  const anywhere = await env.ACCOUNTING.mostPlayed(limit);
  return [...new Set([...there, ...anywhere])].slice(0, limit);
}

async function toItem(keyring: Keyring, row: store.PrewarmRendition, lifetime: TokenLifetime): Promise<PrewarmItem> {
  const { profile, recordingId, sha256, sizeBytes } = row;
  const name: AudioPath = { sha256, extension: ladderProfile(profile)?.extension ?? "" };
  const path = prewarmPath(name);
  const claims: PrewarmTokenClaims & TokenLifetime = { ...lifetime, acl: path, sizeBytes };
  const token = await signToken(keyring, PREWARM_TOKEN_USE, claims);
  return { url: `${path}?token=${token}`, size_bytes: sizeBytes, profile, track_id: recordingId };
}
