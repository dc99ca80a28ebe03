/** Changes that are made to what the caller has seen, or to whatever is there where the caller does not say. */
import type { Principal } from "#workers/shared/auth/access-token.ts";
import { changedMeanwhile, isMatch } from "#workers/shared/http/entity-tags.ts";
import { ProblemError } from "#workers/shared/http/problem.ts";

/** Others who may change the same thing in between, one after the other. */
const ATTEMPTS_MAX = 5;

export interface ChangeRequest {
  readonly principal: Principal;
  readonly id: string;
  readonly ifMatch: string | undefined;
}

/** Saves the change, unless the thing has another version by now. */
export type Save = () => Promise<boolean>;

/**
 * Loads, decides and saves. What is as wanted already is left alone, whatever version was named: the answer to the same
 * request may have been lost. Throws `precondition-failed` where the named version is not the present one.
 */
export async function applyChange<Row extends { readonly version: number }>(
  ifMatch: string | undefined,
  load: () => Promise<Row>,
  decide: (row: Row) => Promise<Save | null>,
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const row = await load();
    const save = await decide(row);
    if (save === null) return;
    if (!isMatch(ifMatch, row.version)) throw changedMeanwhile(row.version);
    if (await save()) return;
  }
  throw new ProblemError("conflict", { detail: "Others are changing it at this moment. Try again." });
}

/** Of values that JSON tells apart. */
export function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
