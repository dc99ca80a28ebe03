import { importKeyring, type Keyring } from "#domain/foundation/signed-token.ts";

/** A Worker has two or three secrets with keys in them; what is more than that is a rotation seen by one isolate. */
const KEYRINGS_MAX = 16;

const keyrings = new Map<string, Promise<Keyring>>();

/** The keys of a secret, imported once an isolate. */
export function keyringOf(secret: string): Promise<Keyring> {
  const known = keyrings.get(secret);
  if (known !== undefined) return known;
  if (keyrings.size >= KEYRINGS_MAX) keyrings.clear();
  const imported = importKeyring(secret);
  keyrings.set(secret, imported);
  // A secret that cannot be read must fail each request, not only the first.
  imported.catch(() => keyrings.delete(secret));
  return imported;
}
