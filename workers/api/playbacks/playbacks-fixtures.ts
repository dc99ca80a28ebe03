/** Test support: what a player asks of playbacks, and what its URLs say. */
import { AUDIO_TOKEN_USE, type AudioTokenClaims } from "#domain/delivery/audio-token.ts";
import { type TokenClaims, verifyToken } from "#domain/foundation/signed-token.ts";
import { ask, bindings, expectAnswer } from "#workers/api/catalog/catalog-fixtures.ts";
import { type Playback, startPlayback } from "#workers/api/plays/plays-contract.ts";
import { keyringOf } from "#workers/shared/auth/keyrings.ts";

/** Less than an access token lasts. */
export const ENDS_IN_MS = 5 * 60_000;

/** The next one: tokens end at these. */
export function wholeSecond(atMs: number): number {
  return Math.ceil(atMs / 1_000) * 1_000;
}

export interface Beginning {
  readonly session?: string;
  readonly device?: string;
  readonly continues?: boolean;
  readonly track?: string;
  readonly token?: string | null;
  readonly country?: string | null;
}

/** The calls, for a track and by a listener that the tests have by the time they ask. */
export function playbackCalls(defaults: () => { readonly track: string; readonly token: string }) {
  function callerOf({ token = defaults().token, country = "DE" }: Beginning) {
    return { ...(token === null ? {} : { token }), ...(country === null ? {} : { country }) };
  }

  function begin(beginning: Beginning = {}): Promise<Response> {
    const { track = defaults().track, session, device, continues } = beginning;
    const body = { track_id: track, session_id: session, device_name: device, continues };
    return ask("/v1/playbacks", { method: "POST", body, ...callerOf(beginning) });
  }

  async function granted(beginning: Beginning = {}): Promise<Playback> {
    return expectAnswer(await begin(beginning), startPlayback, 201);
  }

  function renew(id: string, beginning: Beginning = {}): Promise<Response> {
    const body = { track_id: beginning.track ?? defaults().track, session_id: beginning.session };
    return ask(`/v1/playbacks/${id}/renew`, { method: "POST", body, ...callerOf(beginning) });
  }

  return { begin, granted, renew };
}

export async function audioClaimsOf(
  rendition: { readonly url: string } | undefined,
): Promise<TokenClaims<AudioTokenClaims>> {
  const keys = await keyringOf(bindings.AUDIO_TOKEN_KEYS);
  const token = rendition?.url.split("?token=")[1] ?? "";
  const verified = await verifyToken<AudioTokenClaims>(keys, AUDIO_TOKEN_USE, token, Date.now());
  if (!verified.ok) throw new Error(verified.error.kind);
  return verified.value;
}
