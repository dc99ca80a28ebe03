/**
 * What a playback is, as the service vouched for it when it began. The listener's device sends the token back with
 * each play event: it says what is played, for whom, and since when, so that reporting needs no look-up.
 */
import type { AccountId, PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import type { Result } from "#domain/foundation/result.ts";
import {
  type Keyring,
  signToken,
  type TokenClaims,
  type TokenFault,
  verifyToken,
} from "#domain/foundation/signed-token.ts";
import { DAY_MS, type EpochMs, SECOND_MS } from "#domain/foundation/time.ts";
import type { CommercialModel } from "#domain/rights/deals.ts";
import type { SubjectId } from "./subject.ts";

const PLAY_TOKEN_USE = "play";

/** A device may be offline for 30 days; the 5 after that are for it to reach us. A signing key is kept as long. */
export const PLAY_TOKEN_LIFETIME_MS = 35 * DAY_MS;

export interface PlayTokenClaims {
  readonly playback: PlaybackId;
  /** Whose events these may be. Stays out of what is kept of a play: that holds `subject`. */
  readonly sub: AccountId;
  readonly subject: SubjectId;
  readonly track: RecordingId;
  readonly durationMs: number;
  readonly issuedAtMs: EpochMs;
  /** ISO 3166-1 alpha-2: whose rights the playback was granted under. */
  readonly country: string;
  /** Under which model the listener's tier plays it, and so which pool of money it belongs to. */
  readonly commercialModel: CommercialModel;
}

export function signPlayToken(keyring: Keyring, claims: PlayTokenClaims): Promise<string> {
  const nbf = Math.floor(claims.issuedAtMs / SECOND_MS);
  const exp = Math.ceil((claims.issuedAtMs + PLAY_TOKEN_LIFETIME_MS) / SECOND_MS);
  return signToken(keyring, PLAY_TOKEN_USE, { ...claims, nbf, exp });
}

export function verifyPlayToken(
  keyring: Keyring,
  token: string,
  nowMs: EpochMs,
): Promise<Result<TokenClaims<PlayTokenClaims>, TokenFault>> {
  return verifyToken<PlayTokenClaims>(keyring, PLAY_TOKEN_USE, token, nowMs);
}
