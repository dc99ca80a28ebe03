/**
 * Password hashes: scrypt by the runtime's own native code, as text that names its parameters (the PHC form), so that
 * hashes made with other parameters go on being checked when these are raised.
 */
import { scrypt } from "node:crypto";
import { decodeBase64url, encodeBase64url } from "#domain/foundation/base64url.ts";

interface ScryptCost {
  /** log2 of the number of blocks: memory is 128 * blockSize * 2^costLog2 bytes. */
  readonly costLog2: number;
  readonly blockSize: number;
  readonly parallelism: number;
}

/** OWASP's scrypt setting of 16 MiB, the least memory of those it holds equal: an isolate has 128 MB in all. */
const COST: ScryptCost = { costLog2: 14, blockSize: 8, parallelism: 5 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** Nothing above this is ever computed, whatever a stored hash says. */
const COST_LOG2_MAX = 16;
const BLOCK_SIZE_MAX = 16;
const PARALLELISM_MAX = 16;

const PATTERN = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9_-]{22})\$([A-Za-z0-9_-]{43})$/;

/** Hashes a password under a new salt. About a quarter of a second of CPU. */
export async function hashPassword(password: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const hash = await derive(password, salt, COST);
  const { costLog2, blockSize, parallelism } = COST;
  return `$scrypt$ln=${costLog2},r=${blockSize},p=${parallelism}$${encodeBase64url(salt)}$${encodeBase64url(hash)}`;
}

/** Whether a password is the one of a hash. Throws where the hash is not of our form: then the row is broken. */
export async function verifyPassword(stored: { readonly hash: string; readonly password: string }): Promise<boolean> {
  const { cost, salt, hash } = parseHash(stored.hash);
  return crypto.subtle.timingSafeEqual(await derive(stored.password, salt, cost), hash);
}

function parseHash(text: string): { cost: ScryptCost; salt: Uint8Array; hash: Uint8Array } {
  const [, costLog2, blockSize, parallelism, saltText = "", hashText = ""] = PATTERN.exec(text) ?? [];
  const cost = { costLog2: Number(costLog2), blockSize: Number(blockSize), parallelism: Number(parallelism) };
  const salt = decodeBase64url(saltText);
  const hash = decodeBase64url(hashText);
  const withinLimits =
    cost.costLog2 <= COST_LOG2_MAX && cost.blockSize <= BLOCK_SIZE_MAX && cost.parallelism <= PARALLELISM_MAX;
  if (!withinLimits || salt?.length !== SALT_BYTES || hash?.length !== HASH_BYTES) {
    throw new Error("a stored password hash is not of the form $scrypt$ln=,r=,p=$salt$hash");
  }
  return { cost, salt, hash };
}

function derive(password: string, salt: Uint8Array, cost: ScryptCost): Promise<Uint8Array> {
  const blocks = 2 ** cost.costLog2;
  // The work areas are 128 * r * (N + p) bytes; the runtime refuses what exceeds maxmem, so it gets exactly double.
  const maxmem = 2 * 128 * cost.blockSize * (blocks + cost.parallelism);
  const options = { N: blocks, r: cost.blockSize, p: cost.parallelism, maxmem };
  return new Promise((resolve, reject) => {
    // One spelling of what looks alike: keyboards differ in how they compose accents (RFC 8265 section 4.2).
    scrypt(password.normalize("NFKC"), salt, HASH_BYTES, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
