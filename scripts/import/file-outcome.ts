/** What became of a file. */
export type FileOutcome =
  | { readonly kind: "imported" }
  | { readonly kind: "already-there" }
  /** The file's own fault: sending it again would change nothing. */
  | { readonly kind: "refused"; readonly reason: string }
  /** Not the file's fault: the next run tries again. */
  | { readonly kind: "failed"; readonly reason: string }
  /** Sent, and not transcoded yet. */
  | { readonly kind: "on-its-way" }
  | { readonly kind: "interrupted" };

export type OutcomeKind = FileOutcome["kind"];

export const OUTCOME_TITLES: Readonly<Record<OutcomeKind, string>> = {
  imported: "imported",
  "already-there": "already there",
  "on-its-way": "on the way",
  refused: "refused",
  failed: "failed",
  interrupted: "not done",
};
