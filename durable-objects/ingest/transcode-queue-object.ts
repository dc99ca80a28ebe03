/**
 * Which uploads wait for a transcode, and who works on which. A lease that is not renewed runs out and the work goes to
 * the next who asks; a job that comes back finds that its lease is gone. Nothing here is the state of an upload: that
 * is in the catalog, and work stays here until ingest says that the catalog has what became of it.
 */
import { DurableObject } from "cloudflare:workers";
import type { LeaseId } from "#domain/foundation/ids.ts";
import { ID_RANDOM_BYTES, makeId } from "#domain/foundation/ids.ts";
import type { EpochMs } from "#domain/foundation/time.ts";
import { DAY_MS, SECOND_MS } from "#domain/foundation/time.ts";
import { BACK_CATALOG_EACH } from "#domain/ingest/transcode-order.ts";

/** After this many faults that a job told of, the fault is taken to be in the work. */
const TRANSCODE_FAULTS_MAX = 5;
/** After this many claims of any end: jobs are also killed by deploys and by people, so there are more of them. */
export const TRANSCODE_CLAIMS_MAX = 20;
/** The pause after each fault: a full disk or a restart should be over before the work is given up. */
export const FAULT_PAUSES_MS = [2, 10, 50, 250].map((seconds) => seconds * SECOND_MS);
const DONE_KEPT_MS = DAY_MS;
/** Given-up work that one claim hands out to be rejected. */
const PARKED_PAGE = 16;

export interface TranscodeWork {
  readonly uploadId: string;
  /** Uploads of the same bytes are worked on one at a time: the first one's renditions are good for all. */
  readonly masterSha256: string;
  /** Whose turn it takes. Without one, from callers of the version before, it is nobody's, who has turns as well. */
  readonly accountId?: string;
  /** Listeners wait for it. */
  readonly isNewRelease?: boolean;
}

export interface TranscodeClaim {
  readonly leaseId: LeaseId;
  readonly uploadId: string;
  readonly attempt: number;
  readonly expiresAt: EpochMs;
}

/** Work that is given up. It is named again until `finish` says that the upload is rejected. */
export interface ParkedWork {
  readonly uploadId: string;
  /** The last fault. */
  readonly detail: string;
}

export interface ClaimAnswer {
  readonly claim: TranscodeClaim | null;
  readonly parked: readonly ParkedWork[];
}

export interface LeasedWork {
  readonly uploadId: string;
  readonly done: boolean;
}

/** Null where the lease is lost. */
export type FailAnswer = "retried" | "parked" | null;

type FailedRow = { upload_id: string; faults: number };

interface NextWork {
  readonly uploadId: string;
  readonly accountId: string;
}

/** The values of `is_new`. */
const [BACK_CATALOG, NEW_RELEASE] = [0, 1] as const;
/** Work of callers that named no account. */
const NOBODY = "";

/** Work that may be claimed at `?1`: due, and no other of the same bytes is being worked on. */
const IS_CLAIMABLE = `next.status = 'open' AND next.due_at <= ?1 AND NOT EXISTS (
  SELECT 1 FROM work AS twin WHERE twin.master_sha256 = next.master_sha256 AND twin.status = 'open'
    AND twin.lease_id IS NOT NULL AND twin.due_at > ?1
)`;

export class TranscodeQueueObject extends DurableObject<RealtimeEnv> {
  /** In this object's life: which of them begin with the back catalog is no matter for storage. */
  #claims = 0;

  constructor(ctx: DurableObjectState, env: RealtimeEnv) {
    super(ctx, env);
    const isOfBefore = this.#addColumns();
    ctx.storage.sql.exec(`
      CREATE TABLE IF NOT EXISTS work (
        upload_id TEXT PRIMARY KEY,
        master_sha256 TEXT NOT NULL,
        claims INTEGER NOT NULL,
        faults INTEGER NOT NULL,
        due_at INTEGER NOT NULL,
        lease_id TEXT UNIQUE,
        lease_seconds INTEGER NOT NULL,
        detail TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('open', 'parked', 'done')),
        account_id TEXT NOT NULL DEFAULT '',
        is_new INTEGER NOT NULL DEFAULT 0
      ) STRICT, WITHOUT ROWID;
      -- Accounts in the circle, the one that waits longest first.
      CREATE TABLE IF NOT EXISTS turns (
        account_id TEXT PRIMARY KEY,
        turn INTEGER NOT NULL UNIQUE
      ) STRICT, WITHOUT ROWID;
      -- What is given up, and what ran out too often. due_at is the end of the lease while there is one.
      CREATE INDEX IF NOT EXISTS work_by_due ON work (status, due_at);
      -- The claim: of one account and kind, what is due longest, first.
      CREATE INDEX IF NOT EXISTS work_by_account ON work (account_id, status, is_new, due_at);
      -- Who else waits for, or works on, the same bytes.
      CREATE INDEX IF NOT EXISTS work_by_master ON work (master_sha256, status);
    `);
    if (isOfBefore) this.#joinCircle(NOBODY);
  }

  /** True for an object of before there were turns, whose work is nobody's. */
  #addColumns(): boolean {
    const { sql } = this.ctx.storage;
    const columns = sql.exec<{ name: string }>("SELECT name FROM pragma_table_info('work')").toArray();
    if (columns.length === 0 || columns.some(({ name }) => name === "account_id")) return false;
    sql.exec("ALTER TABLE work ADD COLUMN account_id TEXT NOT NULL DEFAULT ''");
    sql.exec("ALTER TABLE work ADD COLUMN is_new INTEGER NOT NULL DEFAULT 0");
    return true;
  }

  /** At its end, unless the account is in it. */
  #joinCircle(accountId: string): void {
    this.ctx.storage.sql.exec(
      "INSERT INTO turns (account_id, turn) SELECT ?, coalesce(max(turn), 0) + 1 FROM turns WHERE true ON CONFLICT DO NOTHING",
      accountId,
    );
  }

  /** Said again for the same upload, it changes nothing. */
  async enqueue({ uploadId, masterSha256, accountId = NOBODY, isNewRelease = false }: TranscodeWork): Promise<void> {
    this.ctx.storage.sql.exec(
      `INSERT INTO work (upload_id, master_sha256, claims, faults, due_at, lease_id, lease_seconds, detail, status,
         account_id, is_new)
       VALUES (?, ?, 0, 0, ?, NULL, 0, '', 'open', ?, ?) ON CONFLICT DO NOTHING`,
      uploadId,
      masterSha256,
      Date.now(),
      accountId,
      Number(isNewRelease),
    );
    this.#joinCircle(accountId);
  }

  /**
   * Accounts take turns, one claim each, however much they have. Within an account goes what has been due longest, and
   * new releases go before all else but for each fourth claim.
   */
  async claim(leaseSeconds: number): Promise<ClaimAnswer> {
    const nowMs = Date.now();
    this.#parkExhausted(nowMs);
    this.#claims += 1;
    const [first, then] =
      this.#claims % BACK_CATALOG_EACH === 0 ? [BACK_CATALOG, NEW_RELEASE] : [NEW_RELEASE, BACK_CATALOG];
    const next = this.#nextWork(nowMs, first) ?? this.#nextWork(nowMs, then);
    return { claim: next === null ? null : this.#lease(next, nowMs, leaseSeconds), parked: this.#parked() };
  }

  /** One kind at a time: then the first row of the index is the answer, however long an account's queue is. */
  #nextWork(nowMs: EpochMs, isNew: number): NextWork | null {
    const { sql } = this.ctx.storage;
    const [turn] = sql
      .exec<{ account_id: string }>(
        `SELECT account_id FROM turns WHERE EXISTS (
           SELECT 1 FROM work AS next WHERE next.account_id = turns.account_id AND next.is_new = ?2 AND ${IS_CLAIMABLE}
         ) ORDER BY turn LIMIT 1`,
        nowMs,
        isNew,
      )
      .toArray();
    if (turn === undefined) return null;
    const { upload_id: uploadId } = sql
      .exec<{ upload_id: string }>(
        `SELECT upload_id FROM work AS next WHERE next.account_id = ?3 AND next.is_new = ?2 AND ${IS_CLAIMABLE}
         ORDER BY next.due_at, next.upload_id LIMIT 1`,
        nowMs,
        isNew,
        turn.account_id,
      )
      .one();
    return { uploadId, accountId: turn.account_id };
  }

  #lease({ uploadId, accountId }: NextWork, nowMs: EpochMs, leaseSeconds: number): TranscodeClaim {
    const { sql } = this.ctx.storage;
    const leaseId = makeId<LeaseId>(nowMs, crypto.getRandomValues(new Uint8Array(ID_RANDOM_BYTES)));
    const expiresAt = nowMs + leaseSeconds * SECOND_MS;
    const { claims } = sql
      .exec<{ claims: number }>(
        `UPDATE work SET claims = claims + 1, lease_id = ?, lease_seconds = ?, due_at = ? WHERE upload_id = ?
         RETURNING claims`,
        leaseId,
        leaseSeconds,
        expiresAt,
        uploadId,
      )
      .one();
    // To the end of the circle; and who has nothing left leaves it.
    sql.exec("DELETE FROM turns WHERE account_id = ?", accountId);
    this.#joinCircle(accountId);
    sql.exec(
      `DELETE FROM turns WHERE NOT EXISTS (
         SELECT 1 FROM work WHERE work.account_id = turns.account_id AND work.status = 'open')`,
    );
    return { leaseId, uploadId, attempt: claims, expiresAt };
  }

  /** Work whose jobs all vanished without a word: whatever it is that kills them, it is in the work. */
  #parkExhausted(nowMs: EpochMs): void {
    this.ctx.storage.sql.exec(
      `UPDATE work SET status = 'parked', lease_id = NULL, detail = ?1
       WHERE status = 'open' AND claims >= ?2 AND due_at <= ?3`,
      `No job finished it in ${TRANSCODE_CLAIMS_MAX} tries.`,
      TRANSCODE_CLAIMS_MAX,
      nowMs,
    );
  }

  #parked(): ParkedWork[] {
    return this.ctx.storage.sql
      .exec<{ upload_id: string; detail: string }>(
        "SELECT upload_id, detail FROM work WHERE status = 'parked' LIMIT ?",
        PARKED_PAGE,
      )
      .toArray()
      .map((row) => ({ uploadId: row.upload_id, detail: row.detail }));
  }

  /** What a lease is for, or null where it ran out and the work was given on. */
  async leased(leaseId: string): Promise<LeasedWork | null> {
    const [row] = this.ctx.storage.sql
      .exec<{ upload_id: string; status: string }>("SELECT upload_id, status FROM work WHERE lease_id = ?", leaseId)
      .toArray();
    return row === undefined ? null : { uploadId: row.upload_id, done: row.status === "done" };
  }

  /** The end of the new term, or null where the lease is lost. A lease that ran out unnoticed is good again. */
  async heartbeat(leaseId: string): Promise<EpochMs | null> {
    const [row] = this.ctx.storage.sql
      .exec<{ due_at: number }>(
        "UPDATE work SET due_at = ?1 + lease_seconds * 1000 WHERE lease_id = ?2 AND status = 'open' RETURNING due_at",
        Date.now(),
        leaseId,
      )
      .toArray();
    return row?.due_at ?? null;
  }

  /** Uploads whose work is not finished and which the same bytes will do for. */
  async waitingFor(masterSha256: string): Promise<string[]> {
    return this.ctx.storage.sql
      .exec<{ upload_id: string }>(
        "SELECT upload_id FROM work WHERE master_sha256 = ? AND status = 'open'",
        masterSha256,
      )
      .toArray()
      .map((row) => row.upload_id);
  }

  /**
   * Ends the work on an upload: the catalog has what became of it. Its lease is remembered for a while, so that the
   * job whose answer got lost is told the same again.
   */
  async finish(uploadId: string): Promise<void> {
    const nowMs = Date.now();
    this.ctx.storage.sql.exec("UPDATE work SET status = 'done', due_at = ? WHERE upload_id = ?", nowMs, uploadId);
    this.ctx.storage.sql.exec("DELETE FROM work WHERE status = 'done' AND due_at < ?", nowMs - DONE_KEPT_MS);
  }

  /** Gives work back after a fault of ours; the pause grows each time, and after the last fault there is no more. */
  async fail(leaseId: string, detail: string): Promise<FailAnswer> {
    const [row] = this.ctx.storage.sql
      .exec<FailedRow>(
        "UPDATE work SET faults = faults + 1 WHERE lease_id = ? AND status = 'open' RETURNING upload_id, faults",
        leaseId,
      )
      .toArray();
    if (row === undefined) return null;
    const pauseMs = row.faults < TRANSCODE_FAULTS_MAX ? FAULT_PAUSES_MS[row.faults - 1] : undefined;
    const status = pauseMs === undefined ? "parked" : "open";
    this.ctx.storage.sql.exec(
      "UPDATE work SET lease_id = NULL, due_at = ?, detail = ?, status = ? WHERE upload_id = ?",
      Date.now() + (pauseMs ?? 0),
      detail,
      status,
      row.upload_id,
    );
    return status === "parked" ? "parked" : "retried";
  }

  async depth(): Promise<{ waiting: number; parked: number }> {
    const { waiting, parked } = this.ctx.storage.sql
      .exec<{ waiting: number; parked: number }>(
        "SELECT COUNT(*) FILTER (WHERE status = 'open') AS waiting, COUNT(*) FILTER (WHERE status = 'parked') AS parked FROM work",
      )
      .one();
    return { waiting, parked };
  }
}
