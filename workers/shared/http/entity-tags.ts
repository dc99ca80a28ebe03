/** Entity tags of things that are changed over HTTP: two who change the same at once do not undo one another's work. */
import * as z from "zod";
import { evaluatePreconditions } from "#domain/delivery/preconditions.ts";
import { ProblemError } from "./problem.ts";

/** Without the header the change is made to whatever is there. */
export const ifMatchHeaders = z.object({ "if-match": z.string().max(1_000).optional() });

/** `version` counts the changes. */
export function entityTag(version: number): string {
  return `"${version}"`;
}

export function isMatch(ifMatch: string | undefined, version: number): boolean {
  return evaluatePreconditions({ ifMatch: ifMatch ?? null, ifNoneMatch: null }, entityTag(version)) === "proceed";
}

export function changedMeanwhile(version: number): ProblemError {
  return new ProblemError("precondition-failed", {
    detail: "It was changed meanwhile. Look at it as it is now, and change that.",
    headers: { etag: entityTag(version) },
  });
}
