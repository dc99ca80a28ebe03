export const RELEASE_TYPES = ["album", "single", "ep", "compilation"] as const;
export type ReleaseType = (typeof RELEASE_TYPES)[number];
