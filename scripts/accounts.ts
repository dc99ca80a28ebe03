/**
 * Makes an account of any role in a running deployment, which is how its first admin comes to be. See --help.
 */
import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { isRole, ROLES, type Role } from "#domain/accounts/roles.ts";
import { messageOf } from "#jobs/terminal/failure-text.ts";
import { createAccount } from "./create-account.ts";
import { runCommand } from "./run-command.ts";

const HELP = `Usage: npm run accounts -- create --url URL --email E --name N --role R [--password-stdin]

Makes an account in the deployment at URL, whose operator key is in the environment
variable RIMSHOT_OPERATOR_KEY. Where the address has an account of this role already,
nothing changes; where it has one of another role, the command fails.

  --url URL         the origin of the deployment: https://music.example
  --email E         the address to sign in with
  --name N          the name that others see
  --role R          one of: ${ROLES.join(", ")}
  --password-stdin  read the password from the standard input; without this one is
                    made and printed, once
  --help            print this
`;

const GENERATED_PASSWORD_BYTES = 18;
const LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"];

interface Command {
  readonly origin: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly readsPassword: boolean;
  readonly operatorKey: string;
}

await runCommand("accounts", () => main(process.argv.slice(2)));

async function main(args: string[]): Promise<void> {
  const command = readCommand(args);
  if (command === null) {
    console.log(HELP);
    return;
  }
  const generated = command.readsPassword ? null : randomBytes(GENERATED_PASSWORD_BYTES).toString("base64url");
  const password = generated ?? (await readPassword());
  const { origin, operatorKey, email, name, role } = command;
  const { account, created } = await createAccount(origin, operatorKey, { email, password, name, role });
  if (!created) {
    console.log(`${account.email} is there already: ${account.role}, id ${account.id}. Its password was not changed.`);
    return;
  }
  console.log(`Made ${account.email}: ${account.role}, id ${account.id}.`);
  if (generated !== null) console.log(`Password: ${generated}`);
}

/** What is asked for, or null for help. */
function readCommand(args: string[]): Command | null {
  const { values, positionals } = parse(args);
  if (values.help === true) return null;
  const [action, ...rest] = positionals;
  if (action !== "create" || rest.length > 0) throw new Error("the one command is `create`. Try --help.");
  const { url, email, name, role } = values;
  for (const [option, value] of Object.entries({ url, email, name, role })) {
    if (value === undefined || value === "") throw new Error(`--${option} is missing. Try --help.`);
  }
  if (!isRole(role)) throw new Error(`--role is one of ${ROLES.join(", ")}, not "${role}".`);
  const operatorKey = process.env["RIMSHOT_OPERATOR_KEY"] ?? "";
  if (operatorKey === "") throw new Error("the environment variable RIMSHOT_OPERATOR_KEY is not set.");
  const readsPassword = values["password-stdin"] === true;
  return { origin: readOrigin(url ?? ""), email: email ?? "", name: name ?? "", role, readsPassword, operatorKey };
}

function parse(args: string[]) {
  const options = {
    url: { type: "string" },
    email: { type: "string" },
    name: { type: "string" },
    role: { type: "string" },
    "password-stdin": { type: "boolean" },
    help: { type: "boolean" },
  } as const;
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new Error(`${messageOf(error)} Try --help.`);
  }
}

/** The operator key is sent there, so that only this machine is spoken to without encryption. */
function readOrigin(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) throw new Error(`--url is not a URL: ${url}`);
  const { protocol, hostname, origin } = parsed;
  const isPrivate = protocol === "https:" || (protocol === "http:" && LOOPBACK_HOSTS.includes(hostname));
  if (!isPrivate) throw new Error("--url must begin with https:// unless it is this machine.");
  return origin;
}

async function readPassword(): Promise<string> {
  const input = await text(process.stdin);
  // The line's end is the terminal's or the pipe's, not the password's.
  const password = input.replace(/\r?\n$/, "");
  if (password === "") throw new Error("--password-stdin: the standard input is empty.");
  return password;
}
