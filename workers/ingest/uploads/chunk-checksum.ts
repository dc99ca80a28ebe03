/** The tus extension `checksum`: a digest that the client sends with a chunk, to be compared with what arrived. */
import { err, ok, type Result } from "#domain/foundation/result.ts";

/** By tus's names, the platform's. Every server has to know sha1. */
const ALGORITHMS = { sha1: "SHA-1", sha256: "SHA-256", sha512: "SHA-512" } as const;
type ChecksumAlgorithm = keyof typeof ALGORITHMS;

export const CHECKSUM_ALGORITHMS = Object.keys(ALGORITHMS).join(",");

export interface ChunkChecksum {
  readonly algorithm: ChecksumAlgorithm;
  /** The digest in base64, as it was sent. */
  readonly digest: string;
}

const HEADER_PATTERN = /^([a-z0-9]+) ([A-Za-z0-9+/]+={0,2})$/;

/** Of an Upload-Checksum header; null where there is none. */
export function parseUploadChecksum(header: string | undefined): Result<ChunkChecksum | null, "malformed" | "unknown"> {
  if (header === undefined) return ok(null);
  const [, algorithm, digest] = HEADER_PATTERN.exec(header) ?? [];
  if (algorithm === undefined || digest === undefined) return err("malformed");
  return isAlgorithm(algorithm) ? ok({ algorithm, digest }) : err("unknown");
}

function isAlgorithm(name: string): name is ChecksumAlgorithm {
  return Object.hasOwn(ALGORITHMS, name);
}

/** Sums up a chunk as it comes. */
export class ChunkDigest {
  readonly #expected: string;
  readonly #stream: DigestStream;
  readonly #writer: WritableStreamDefaultWriter<ArrayBuffer | ArrayBufferView>;

  constructor({ algorithm, digest }: ChunkChecksum) {
    this.#expected = digest;
    this.#stream = new crypto.DigestStream(ALGORITHMS[algorithm]);
    this.#writer = this.#stream.getWriter();
  }

  async take(bytes: Uint8Array): Promise<void> {
    await this.#writer.write(bytes);
  }

  async isAsSummed(): Promise<boolean> {
    await this.#writer.close();
    return btoa(String.fromCharCode(...new Uint8Array(await this.#stream.digest))) === this.#expected;
  }
}
