/** Who may do what with a playlist. */
import type { PlaylistMeta } from "./playlist.ts";

/** In rising order: each may do what those before it may. */
export const PLAYLIST_PERMISSIONS = ["none", "read", "edit", "own"] as const;
export type PlaylistPermission = (typeof PLAYLIST_PERMISSIONS)[number];

type Shared = Pick<PlaylistMeta, "ownerAccountId" | "public" | "collaborative">;

/** The most that an account may do; `accountId` is null for somebody who is not signed in. */
export function permissionOf(playlist: Shared, accountId: string | null): PlaylistPermission {
  if (accountId !== null && accountId === playlist.ownerAccountId) return "own";
  if (accountId !== null && playlist.collaborative) return "edit";
  return playlist.public ? "read" : "none";
}

export type PermissionFault = { readonly kind: "not-found" } | { readonly kind: "forbidden" };

/** Null where the permission suffices. A playlist that the caller may not read does not exist for them. */
export function checkPermission(held: PlaylistPermission, needed: PlaylistPermission): PermissionFault | null {
  if (PLAYLIST_PERMISSIONS.indexOf(held) >= PLAYLIST_PERMISSIONS.indexOf(needed)) return null;
  return { kind: held === "none" ? "not-found" : "forbidden" };
}
