/** Keeps the split sheets of an account's tracks. */
import { BASIS_POINTS_TOTAL, checkSplitSheet, type SplitFault, type SplitShare } from "#domain/splits/split-sheet.ts";
import { findOwnTrack } from "#workers/ingest/catalog/catalog-store.ts";
import { applyChange, type ChangeRequest, isSame } from "#workers/ingest/catalog/conditional-change.ts";
import type { Principal } from "#workers/shared/auth/access-token.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { fieldProblem, ProblemError } from "#workers/shared/http/problem.ts";
import * as store from "./splits-store.ts";

/** Versions of one sheet: people who agree anew each day for years come nowhere near. */
const SPLIT_VERSIONS_MAX = 1_000;

/** Without a version the one in force. */
export async function getSplits(
  env: IngestEnv,
  principal: Principal,
  id: string,
  version?: number,
): Promise<store.SplitSheet> {
  await requireOwnTrack(env, principal, id);
  const sheet = await store.findSheet(catalogDatabase(env.CATALOG_0), id, version);
  if (version !== undefined && sheet.version !== version) throw new ProblemError("not-found");
  return sheet;
}

export async function putSplits(
  env: IngestEnv,
  { principal, id, ifMatch }: ChangeRequest,
  shares: readonly SplitShare[],
): Promise<store.SplitSheet> {
  await requireOwnTrack(env, principal, id);
  const checked = checkSplitSheet(shares);
  if (!checked.ok) throw sheetProblem(checked.error);
  const database = catalogDatabase(env.CATALOG_0);
  const load = () => store.findSheet(database, id);
  await applyChange(ifMatch, load, async (sheet) => {
    if (isSame(sheet.shares, checked.value)) return null;
    if (sheet.version >= SPLIT_VERSIONS_MAX) {
      throw new ProblemError("unprocessable", { detail: `A track has at most ${SPLIT_VERSIONS_MAX} split sheets.` });
    }
    const next = { version: sheet.version + 1, effectiveAt: Date.now(), shares: checked.value };
    return () => store.insertSheet(env.CATALOG_0, id, principal.accountId, next);
  });
  return load();
}

async function requireOwnTrack(env: IngestEnv, principal: Principal, id: string): Promise<void> {
  const track = await findOwnTrack(catalogDatabase(env.CATALOG_0), principal.accountId, id);
  if (track === null) throw new ProblemError("not-found");
}

function sheetProblem(fault: SplitFault): ProblemError {
  switch (fault.kind) {
    case "empty":
      return fieldProblem("shares", "name at least one party");
    case "too-many":
      return fieldProblem("shares", "these are too many parties");
    case "not-a-share":
      return fieldProblem(`shares.${fault.index}.basis_points`, `a share is 1 to ${BASIS_POINTS_TOTAL} basis points`);
    case "repeated":
      return fieldProblem(`shares.${fault.index}.party`, "the same party has this role already");
    case "sum":
      return fieldProblem("shares", `the shares are ${fault.basisPoints} basis points, not ${BASIS_POINTS_TOTAL}`);
  }
}
