/** What devices report of plays goes to the queue, and what counted comes back as history. */
import type { AccountId, PlaybackId } from "#domain/foundation/ids.ts";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import type { Keyring, TokenFault } from "#domain/foundation/signed-token.ts";
import type { EpochMs } from "#domain/foundation/time.ts";
import { type PlaybackFacts, type PlayEvent, playbackFactsOf, playEventBody } from "#domain/plays/play-event.ts";
import { packPlayMessages, type ReportedEvent } from "#domain/plays/play-message.ts";
import { verifyPlayToken } from "#domain/plays/play-token.ts";
import { loadTracks, type Market } from "#workers/api/catalog/catalog-actions.ts";
import type { Track } from "#workers/api/catalog/catalog-contract.ts";
import { keyringOf } from "#workers/shared/auth/keyrings.ts";
import type { PlayEventRefusal, PlayEventsAnswer, PlayEventWire, RecentlyPlayed } from "./plays-contract.ts";

export interface PlayReport {
  readonly accountId: AccountId;
  readonly events: readonly PlayEventWire[];
  /** By our clock, when the request came. */
  readonly receivedAtMs: EpochMs;
}

/**
 * Puts the events that may be taken on the queue, and says which may not. With `queue-unavailable` none of them is to
 * be taken for safe, though a part may be: sending all of them again counts nothing twice.
 */
export async function acceptPlayEvents(
  env: ApiEnv,
  { accountId, events, receivedAtMs }: PlayReport,
): Promise<Result<PlayEventsAnswer, { kind: "queue-unavailable"; cause: unknown }>> {
  const keyring = await keyringOf(env.PLAY_TOKEN_KEYS);
  const playbacks = await verifyTokens(keyring, accountId, events, receivedAtMs);
  const bodies = new Map<string, string>();
  const taken: ReportedEvent[] = [];
  const refused: PlayEventsAnswer["refused"] = [];
  for (const wire of events) {
    const verified = playbacks.get(wire.play_token);
    if (verified === undefined) throw new Error("a play token was not looked at");
    const event = toPlayEvent(wire);
    if (!verified.ok) refused.push({ event_id: wire.event_id, reason: verified.error });
    else if (isReused(bodies, verified.value, event)) {
      refused.push({ event_id: wire.event_id, reason: "event-id-reused" });
    } else taken.push({ playback: verified.value, event });
  }
  try {
    await Promise.all(packPlayMessages(accountId, receivedAtMs, taken).map((message) => env.PLAYS.send(message)));
  } catch (cause) {
    return err({ kind: "queue-unavailable", cause });
  }
  return ok({ accepted: taken.length, refused });
}

/** By token: a request mostly repeats one token in all of its events, which is checked once. */
async function verifyTokens(
  keyring: Keyring,
  accountId: AccountId,
  events: readonly PlayEventWire[],
  nowMs: EpochMs,
): Promise<Map<string, Result<PlaybackFacts, PlayEventRefusal>>> {
  const tokens = [...new Set(events.map((event) => event.play_token))];
  return new Map(
    await Promise.all(tokens.map(async (token) => [token, await verify(keyring, accountId, token, nowMs)] as const)),
  );
}

async function verify(
  keyring: Keyring,
  accountId: AccountId,
  token: string,
  nowMs: EpochMs,
): Promise<Result<PlaybackFacts, PlayEventRefusal>> {
  const verified = await verifyPlayToken(keyring, token, nowMs);
  if (!verified.ok) return err(refusalOf(verified.error));
  return verified.value.sub === accountId ? ok(playbackFactsOf(verified.value)) : err("other-account");
}

function refusalOf(fault: TokenFault): PlayEventRefusal {
  switch (fault.kind) {
    case "expired":
      return "token-expired";
    case "malformed":
    case "unknown-key":
    case "bad-signature":
    case "wrong-use":
    case "not-yet-valid":
      return "token-invalid";
  }
}

/**
 * Whether the request holds another event with this id. Across requests the shard finds that out later, and keeps
 * what it saw first.
 */
function isReused(bodies: Map<string, string>, { playbackId }: PlaybackFacts, event: PlayEvent): boolean {
  const key = `${playbackId} ${event.eventId}`;
  const body = playEventBody(event);
  const before = bodies.get(key);
  if (before === undefined) bodies.set(key, body);
  return before !== undefined && before !== body;
}

function toPlayEvent({ event_id, seq, kind, spans }: PlayEventWire): PlayEvent {
  return { eventId: event_id, seq, kind, spans: spans.map(({ from_ms, to_ms }) => ({ fromMs: from_ms, toMs: to_ms })) };
}

export interface HistoryRequest {
  readonly accountId: AccountId;
  readonly limit: number;
  /** Plays older than this one. */
  readonly before: PlaybackId | null;
  readonly market: Market;
}

/** Qualified plays, newest first. A track that has left the catalog leaves a gap in its page, not an error. */
export async function loadRecentlyPlayed(env: ApiEnv, request: HistoryRequest): Promise<RecentlyPlayed> {
  const { accountId, limit, before, market } = request;
  const href = (from: string | null) =>
    `/v1/me/player/recently-played?limit=${limit}${from === null ? "" : `&before=${from}`}`;
  // One more than asked for tells whether there is another page.
  const plays = await env.LISTENERS.getByName(accountId).recentlyPlayed(limit + 1, before);
  const page = plays.slice(0, limit);
  const tracks = await loadTracks(env, [...new Set(page.map((play) => play.recordingId))], market);
  const items: RecentlyPlayed["items"] = [];
  for (const { playbackId, recordingId, playedAtMs } of page) {
    const track = tracks.get(recordingId);
    if (track === undefined) continue;
    items.push({
      played_at: new Date(playedAtMs).toISOString(),
      playback_id: playbackId,
      track: toHistoryTrack(track),
    });
  }
  const last = page.at(-1);
  const next = plays.length > limit && last !== undefined ? href(last.playbackId) : null;
  return { href: href(before), limit, next, items };
}

function toHistoryTrack(track: Track): RecentlyPlayed["items"][number]["track"] {
  const { id, name, artists, album, duration_ms } = track;
  return {
    track_id: id,
    name,
    artists: artists.map((artist) => ({ id: artist.id, name: artist.name })),
    album: { id: album.id, name: album.name, image_url: album.images[0]?.url ?? null },
    duration_ms,
  };
}
