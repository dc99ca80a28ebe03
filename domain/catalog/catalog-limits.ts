/**
 * How much one account may keep in the catalog: far above what any label has, and low enough that a list of it, or a
 * runaway importer, costs what it should. Requests that come at the same moment may pass a limit together by their
 * number.
 */
export const ARTISTS_PER_ACCOUNT_MAX = 5_000;
export const RELEASES_PER_ACCOUNT_MAX = 50_000;
/** Places of a release are 99 discs of 999 tracks; an album's page is read as one. */
export const TRACKS_PER_RELEASE_MAX = 1_000;
