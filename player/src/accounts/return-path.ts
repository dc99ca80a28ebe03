/** Any base will do: it only has to be told from where a path leads. */
const BASE = "http://rimshot.invalid";

/** A path of this site, or home: a link that somebody sent must not lead away after the sign-in. */
export function localPath(next: string | undefined): string {
  if (next === undefined || !next.startsWith("/")) return "/";
  try {
    const url = new URL(next, BASE);
    return url.origin === BASE ? url.pathname + url.search + url.hash : "/";
  } catch {
    return "/";
  }
}
