import { randomBytes } from "node:crypto";
import type { Role } from "#domain/accounts/roles.ts";
import type { LocalAccount, StateFolder } from "./state-folder.ts";

const ACCOUNTS_FILE = "accounts.json";

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
  const known = await state.read<{ accounts: LocalAccount[] }>(ACCOUNTS_FILE);
  const accounts = known?.accounts ?? PEOPLE.map(({ role }) => newAccount(role));
  // Written before they are made: a start that is cut between the two finds the passwords it has used.
  await state.write(ACCOUNTS_FILE, { url, accounts });
  if (known === null) for (const account of accounts) await createAccount(url, operatorKey, account);
  return accounts;
}

function newAccount(role: Role): LocalAccount {
  return { role, email: `${role}@rimshot.test`, password: randomBytes(9).toString("base64url") };
}

async function createAccount(url: string, operatorKey: string, account: LocalAccount): Promise<void> {
  const name = PEOPLE.find((person) => person.role === account.role)?.name ?? account.role;
  const answer = await fetch(`${url}/v1/admin/accounts`, {
    method: "POST",
    headers: { authorization: `Bearer ${operatorKey}`, "content-type": "application/json" },
    body: JSON.stringify({ ...account, name }),
  });
  if (!answer.ok) throw new Error(`The ${account.role} account could not be made: ${await answer.text()}`);
}

export function accountOf(accounts: readonly LocalAccount[], role: Role): LocalAccount {
  const account = accounts.find((candidate) => candidate.role === role);
  if (account === undefined) throw new Error(`this state has no ${role} account; begin again with --fresh`);
  return account;
}
