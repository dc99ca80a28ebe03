/** What people do for a recording, as credits name it. */
export const CREDIT_ROLES = [
  "performer",
  "featured",
  "composer",
  "lyricist",
  "arranger",
  "producer",
  "engineer",
  "mixer",
  "mastering",
  "remixer",
] as const;
export type CreditRole = (typeof CREDIT_ROLES)[number];

export interface Credit {
  readonly name: string;
  readonly role: CreditRole;
}
