/** Whose account the importer uses, and where its password comes from. */
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import * as z from "zod";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import type { Credentials } from "#jobs/client/service-session.ts";
import { parseJson } from "#jobs/parse-json.ts";

const STATE_CARD = ".state/accounts.json";
const PASSWORD_VARIABLE = "RIMSHOT_PASSWORD";
const LOCAL_HOSTS: readonly string[] = ["127.0.0.1", "localhost", "[::1]"];

/** What `npm start` leaves for programs on the same machine. */
const stateCardSchema = z.object({
  url: z.string(),
  accounts: z.array(z.object({ role: z.string(), email: z.string(), password: z.string() })),
});

export async function findCredentials(url: string, email: string | null): Promise<Result<Credentials, string>> {
  if (email === null) return demoCredentials(url);
  const fromEnvironment = process.env[PASSWORD_VARIABLE];
  if (fromEnvironment !== undefined && fromEnvironment !== "") return ok({ email, password: fromEnvironment });
  if (!process.stdin.isTTY) return err(`set ${PASSWORD_VARIABLE} to the password of ${email}`);
  return ok({ email, password: await askWithoutEcho(`Password of ${email}: `) });
}

async function demoCredentials(url: string): Promise<Result<Credentials, string>> {
  if (!LOCAL_HOSTS.includes(new URL(url).hostname)) return err("name your account with --email");
  const text = await readFile(STATE_CARD, "utf8").catch(() => null);
  if (text === null) return err(`there is no ${STATE_CARD}: run "npm start" first, or name an account with --email`);
  const card = stateCardSchema.safeParse(parseJson(text));
  const artist = card.data?.accounts.find(({ role }) => role === "artist");
  if (artist === undefined) return err(`${STATE_CARD} names no artist's account; name one with --email`);
  // A password is shown to no service but the one that it is for.
  if (!isSameService(url, card.data?.url ?? "")) {
    return err(`${STATE_CARD} is of the service at ${card.data?.url}, not ${url}; name an account with --email`);
  }
  return ok({ email: artist.email, password: artist.password });
}

function isSameService(a: string, b: string): boolean {
  return URL.canParse(b) && new URL(a).port === new URL(b).port && LOCAL_HOSTS.includes(new URL(b).hostname);
}

async function askWithoutEcho(question: string): Promise<string> {
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await lines.question("");
  } finally {
    lines.close();
    process.stderr.write("\n");
  }
}
