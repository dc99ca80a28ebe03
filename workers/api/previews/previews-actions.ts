/**
 * Opens a preview: for anybody, but not anywhere. Rights, takedowns and the end of a deal hold for half a minute of a
 * track as for all of it, so its URL is signed as any other and the edge asks at each range. There is no playback behind
 * it: nothing is leased, and nothing of it counts.
 */
import type { AccountId, PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import { findOpening, type Market } from "#workers/api/catalog/market.ts";
import { signAudioUrl } from "#workers/api/manifests/manifest-urls.ts";
import { grantedRights, type RightsRefusal } from "#workers/api/playbacks/granted-rights.ts";
import type { Principal } from "#workers/shared/auth/access-token.ts";
import { keyringOf } from "#workers/shared/auth/keyrings.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import { findPreview } from "./previews-store.ts";

export interface PreviewRequest {
  readonly recordingId: string;
  readonly principal: Principal | null;
  readonly market: Market;
}

/** The signed URL, from the root of this origin. */
export async function openPreview(
  env: ApiEnv,
  { recordingId, principal, market }: PreviewRequest,
): Promise<Result<string, RightsRefusal>> {
  const nowMs = Date.now();
  const [file, opening] = await Promise.all([
    findPreview({ database: catalogDatabase(env.CATALOG_0), nowMs }, recordingId),
    findOpening(env, recordingId, market),
  ]);
  if (file === null) return err({ kind: "not-found" });
  const rights = grantedRights(market, opening, nowMs);
  if (!rights.ok) return rights;
  const { location, country, commercialModel, asn } = rights.value.market;
  const listening = {
    playback: freshId<PlaybackId>(nowMs),
    // The edge counts turns by account. Guests have none, and must not use up those of one another.
    sub: principal?.accountId ?? freshId<AccountId>(nowMs),
    track: recordingId as RecordingId,
    country: location,
    ...(country === location ? {} : { market: country }),
    ...(asn === null ? {} : { asn }),
    model: commercialModel,
    ...rights.value.lifetime,
  };
  return ok(await signAudioUrl(await keyringOf(env.AUDIO_TOKEN_KEYS), listening, file));
}
