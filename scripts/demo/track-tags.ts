/** What a file says about itself. */
export interface TrackTags {
  readonly title: string;
  readonly artist: string;
  readonly album: string;
  /** `3/4`: number and count. */
  readonly track: string;
  readonly isrc: string;
  /** `2026-11-23` */
  readonly date: string;
}
