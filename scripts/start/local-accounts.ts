import { randomBytes } from "node:crypto";
import type { Role } from "#domain/accounts/roles.ts";
import { createAccount } from "../create-account.ts";
import type { LocalAccount, StateFolder } from "./state-folder.ts";

const ACCOUNTS_FILE = "accounts.json";

interface AccountsFile {
  readonly url: string;
  readonly accounts: readonly LocalAccount[];
  /** Set once the service has every one of them. */
  readonly areMade?: boolean;
}

const PEOPLE: readonly { readonly role: Role; readonly name: string }[] = [
  { role: "listener", name: "Lina Listener" },
  { role: "artist", name: "Arto Artist" },
  { role: "admin", name: "Ada Admin" },
  { role: "job", name: "Transcode job" },
];

/**
 * The accounts of a local run, each with a password of its own made at the first start. They come into being as a
 * deployment's first accounts do: by the operator's key.
 */
export async function ensureAccounts(
  state: StateFolder,
  url: string,
  operatorKey: string,
): Promise<readonly LocalAccount[]> {
  const known = await state.read<AccountsFile>(ACCOUNTS_FILE);
  const accounts = known?.accounts ?? PEOPLE.map(({ role }) => newAccount(role));
  const areMade = known?.areMade === true;
  // Written before they are made: a start that is cut between the two goes on with the passwords it has used.
  await state.write(ACCOUNTS_FILE, { url, accounts, areMade } satisfies AccountsFile);
  if (areMade) return accounts;
  for (const { role, email, password } of accounts) {
    const name = PEOPLE.find((person) => person.role === role)?.name ?? role;
    await createAccount(url, operatorKey, { email, password, name, role });
  }
  await state.write(ACCOUNTS_FILE, { url, accounts, areMade: true } satisfies AccountsFile);
  return accounts;
}

function newAccount(role: Role): LocalAccount {
  return { role, email: `${role}@rimshot.test`, password: randomBytes(9).toString("base64url") };
}

export function accountOf(accounts: readonly LocalAccount[], role: Role): LocalAccount {
  const account = accounts.find((candidate) => candidate.role === role);
  if (account === undefined) throw new Error(`this state has no ${role} account; begin again with --fresh`);
  return account;
}
