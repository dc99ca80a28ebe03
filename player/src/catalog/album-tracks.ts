import type { Album } from "#workers/api/catalog/catalog-contract.ts";
import type { QueueTrack } from "../playback/queue.ts";

/** An album's tracks with what they leave to their album: its name and cover. */
export function albumTracks(album: Album): QueueTrack[] {
  const parent = { id: album.id, name: album.name };
  const imageUrl = album.images[0]?.url ?? null;
  return album.tracks.items.map((track) => ({ ...track, album: parent, image_url: imageUrl }));
}
