/** A rendition's bytes on their way into the bucket that listeners are served from. */
import { renditionKey } from "#domain/delivery/audio-token.ts";
import { askForReplica } from "#workers/ingest/replication/replicate-rendition.ts";
import type { SignedUrlClaims } from "#workers/ingest/uploads/upload-tokens.ts";
import { ProblemError } from "#workers/shared/http/problem.ts";

/** R2's code for bytes that do not hash to the digest they came with. */
const BAD_DIGEST_PATTERN = /\(10037\)/;

/** R2 computes the SHA-256 of what it stores and refuses what is not named by it. `name` is `<sha256>.<extension>`. */
export async function storeRendition(
  env: IngestEnv,
  name: string,
  { sizeBytes, contentType }: SignedUrlClaims["rendition"],
  { headers, body }: Request,
): Promise<void> {
  const declared = headers.get("content-length");
  if (body === null || (declared !== null && Number(declared) !== sizeBytes)) throw notAsOffered();
  const [sha256 = "", extension = ""] = name.split(".");
  const exact = new FixedLengthStream(sizeBytes);
  const stop = new AbortController();
  const piped = body.pipeTo(exact.writable, { signal: stop.signal });
  const key = renditionKey({ sha256, extension });
  const stored = env.RENDITIONS.put(key, exact.readable, {
    sha256,
    httpMetadata: { contentType, cacheControl: "public, max-age=31536000, immutable" },
  }).catch((error: unknown) => {
    // Nobody reads any more: without this the body would wait for a reader for ever.
    stop.abort(error);
    throw error;
  });
  const failed = (await Promise.allSettled([stored, piped])).find((outcome) => outcome.status === "rejected");
  if (failed === undefined) return askForReplica(env, key);
  // The client hung up: what came is not what was offered, and the fault is not ours.
  if (/network connection lost/i.test(String(failed.reason))) throw notAsOffered();
  // A stream whose length is not the one that was promised fails with a TypeError; what R2 says is an Error.
  if (failed.reason instanceof TypeError || BAD_DIGEST_PATTERN.test(String(failed.reason))) throw notAsOffered();
  throw failed.reason;
}

function notAsOffered(): ProblemError {
  return new ProblemError("unprocessable", {
    detail: "The bytes are not those of the name and length that were offered.",
  });
}
