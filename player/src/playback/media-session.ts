/** Shows what plays to the system, and takes its keys: headset buttons, lock screen, media keys. */
import type { Player } from "./player.ts";
import { currentEntry, type QueueEntry } from "./queue.ts";

const SKIP_DEFAULT_S = 10;
const COVER_SIZE = "512x512";

export function bindMediaSession(player: Player): void {
  if (!("mediaSession" in navigator)) return;
  const session = navigator.mediaSession;
  bindActions(session, player);
  let shown: QueueEntry | null = null;
  player.state.subscribe(() => {
    const { queue, status } = player.state.get();
    const entry = currentEntry(queue);
    if (entry !== shown) {
      shown = entry;
      session.metadata = entry === null ? null : metadataOf(entry);
    }
    session.playbackState = status === "idle" ? "none" : status === "paused" ? "paused" : "playing";
  });
  player.clock.subscribe(() => {
    const { positionMs, durationMs } = player.clock.get();
    if (durationMs <= 0) return session.setPositionState();
    session.setPositionState({ duration: durationMs / 1_000, position: Math.min(positionMs, durationMs) / 1_000 });
  });
}

function bindActions(session: MediaSession, player: Player): void {
  const skip = (direction: 1 | -1) => (details: MediaSessionActionDetails) => {
    player.seekBy(direction * (details.seekOffset ?? SKIP_DEFAULT_S) * 1_000);
  };
  const actions: Partial<Record<MediaSessionAction, MediaSessionActionHandler>> = {
    play: () => void player.play(),
    pause: () => player.pause(),
    stop: () => player.pause(),
    nexttrack: () => player.next(),
    previoustrack: () => player.previous(),
    seekforward: skip(1),
    seekbackward: skip(-1),
    seekto: (details) => {
      if (details.seekTime !== undefined) player.seek(details.seekTime * 1_000);
    },
  };
  for (const [action, handler] of Object.entries(actions)) {
    try {
      session.setActionHandler(action as MediaSessionAction, handler);
    } catch {
      // A browser may not know every action; the others are set all the same.
    }
  }
}

function metadataOf({ track }: QueueEntry): MediaMetadata {
  const artwork =
    track.image_url === null ? [] : [{ src: new URL(track.image_url, location.href).href, sizes: COVER_SIZE }];
  return new MediaMetadata({
    title: track.name,
    artist: track.artists.map((artist) => artist.name).join(", "),
    album: track.album.name,
    artwork,
  });
}
