import { importKeyring, type Keyring } from "#domain/foundation/signed-token.ts";

/** A Worker has two or three secrets with keys in them; what is more than that is a rotation seen by one isolate. */
const KEYRINGS_MAX = 16;

const keyrings = new Map<string, Promise<Keyring>>();
const ready = new Map<string, Keyring>();

/** The keys of a secret, imported once an isolate. */
export function keyringOf(secret: string): Promise<Keyring> {
  const known = keyrings.get(secret);
  if (known !== undefined) return known;
  if (keyrings.size >= KEYRINGS_MAX) {
    keyrings.clear();
    ready.clear();
  }
  const imported = importKeyring(secret);
  keyrings.set(secret, imported);
  imported.then(
    (keyring) => ready.set(secret, keyring),
    // A secret that cannot be read must fail each request, not only the first.
    () => keyrings.delete(secret),
  );
  return imported;
}

/** The keys where they have been imported already, without a promise; else null. */
export function importedKeyring(secret: string): Keyring | null {
  return ready.get(secret) ?? null;
}
