/** Where a release's picture is: what was uploaded, by its bytes, else one that the edge draws from the id. */
export interface CoverSource {
  readonly id: string;
  readonly coverSha256: string | null;
  readonly coverExtension: string | null;
}

export function coverPath(release: CoverSource): string {
  return release.coverSha256 === null
    ? `/covers/generated/${release.id}.svg`
    : `/covers/${release.coverSha256}.${release.coverExtension}`;
}

/** The object's key in the bucket of renditions. */
export function coverKey(sha256: string, extension: string): string {
  return `c/${sha256}.${extension}`;
}
