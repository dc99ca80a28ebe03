/** What the tests of deletions share: tracks that are out, and where their bytes lie. */
import { sha256Hex } from "#domain/foundation/sha256.ts";
import { LADDER } from "#domain/ingest/ladder.ts";
import type { ReleaseBody } from "#workers/ingest/catalog/catalog-contract.ts";
import {
  bindings,
  type Caller,
  call,
  newRelease,
  noise,
  send,
  transcode,
  untilState,
} from "#workers/ingest/ingest-fixtures.ts";
import { masterUploadKey } from "#workers/ingest/uploads/upload-keys.ts";
import type { Upload } from "#workers/ingest/uploads/uploads-contract.ts";

export interface PublishedTrack {
  readonly releaseId: string;
  readonly trackId: string;
  readonly upload: Upload;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

let seed = 9_000;

export function newBytes(): Uint8Array<ArrayBuffer> {
  seed += 1;
  return noise(2_000, seed);
}

/** Out, of bytes that are new or given; those that are known need no job. */
export async function publishTrack(
  as: Caller,
  job: Caller,
  given: { readonly releaseId?: string; readonly number?: number; readonly bytes?: Uint8Array<ArrayBuffer> } = {},
  release: Partial<ReleaseBody> = {},
): Promise<PublishedTrack> {
  const bytes = given.bytes ?? newBytes();
  const releaseId = given.releaseId ?? (await newRelease(as, release)).id;
  const track = { track_number: given.number ?? 1 };
  const sent = await send(as, { releaseId, bytes, track });
  if (given.bytes === undefined) await transcode(job, sent.id);
  const upload = await untilState(as, sent.id, "PUBLISHED");
  return { releaseId, trackId: upload.track_id, upload, bytes };
}

export function deleteTrack(as: Caller, id: string): Promise<Response> {
  return call("DELETE", `/v1/ingest/tracks/${id}`, { as });
}

/** The keys that `storeLadder` of the fixtures gives the renditions of a master. */
export function renditionKeys({ upload }: PublishedTrack): Promise<string[]> {
  return Promise.all(
    LADDER.map(async ({ id, extension }) => {
      const bytes = Uint8Array.from(new TextEncoder().encode(`${id} of ${upload.file.sha256}`));
      return `a/${await sha256Hex(bytes)}.${extension}`;
    }),
  );
}

/** Which of the track's files are stored: its master, and how many renditions in each bucket. */
export async function storedFiles(track: PublishedTrack): Promise<readonly [master: boolean, number, number]> {
  const keys = await renditionKeys(track);
  const count = async (bucket: R2Bucket) =>
    (await Promise.all(keys.map((key) => bucket.head(key)))).filter((object) => object !== null).length;
  const master = await bindings.MASTERS.head(masterUploadKey(track.upload.id));
  return [master !== null, await count(bindings.RENDITIONS), await count(bindings.RENDITIONS_REPLICA)];
}

export async function rowsOf(table: string, column: string, value: string): Promise<number> {
  const statement = bindings.CATALOG_0.prepare(`SELECT COUNT(*) AS rows FROM ${table} WHERE ${column} = ?`);
  return (await statement.bind(value).first<number>("rows")) ?? 0;
}
