/** Brings a master from storage to disk, and makes sure that it is the one the lease names. */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import type { ServiceClient } from "#jobs/client/service-client.ts";
import type { TranscodeLease } from "#workers/ingest/transcodes/transcodes-contract.ts";

/** A transfer that breaks off is begun anew this often. */
const ATTEMPTS_MAX = 3;

export async function fetchMaster(
  client: ServiceClient,
  master: TranscodeLease["master"],
  path: string,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const fault = await tryFetch(client, master, path, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      return String(error);
    });
    if (fault === null) return;
    if (attempt >= ATTEMPTS_MAX) throw new Error(`the master could not be fetched: ${fault}`);
  }
}

/** Null where the file on disk is the master, else what is wrong with it. */
async function tryFetch(
  client: ServiceClient,
  master: TranscodeLease["master"],
  path: string,
  signal: AbortSignal,
): Promise<string | null> {
  const response = await client.getSigned(master.url, signal);
  if (response.body === null) return "the answer has no body";
  const hash = createHash("sha256");
  let sizeBytes = 0;
  async function* measured(chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > master.size_bytes) throw new Error("more bytes came than the lease names");
      hash.update(chunk);
      yield chunk;
    }
  }
  const body = Readable.fromWeb(response.body as ReadableStream<Uint8Array>);
  await pipeline(body, measured, createWriteStream(path), { signal });
  if (sizeBytes !== master.size_bytes) return `${sizeBytes} of ${master.size_bytes} bytes came`;
  return hash.digest("hex") === master.sha256 ? null : "its SHA-256 is not the one that the lease names";
}
