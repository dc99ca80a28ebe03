/**
 * Makes an account of any role in a running deployment, which is how its first admin comes to be. See --help.
 */
import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { isRole, ROLES, type Role } from "#domain/accounts/roles.ts";

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

const REQUEST_TIMEOUT_MS = 30_000;
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

/** A mistake of the caller's, to be told without a stack. */
class UsageError extends Error {}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`accounts: ${error.message}`);
  process.exitCode = 1;
}

async function main(args: string[]): Promise<void> {
  const command = readCommand(args);
  if (command === null) {
    console.log(HELP);
    return;
  }
  const generated = command.readsPassword ? null : randomBytes(GENERATED_PASSWORD_BYTES).toString("base64url");
  const password = generated ?? (await readPassword());
  const { account, created } = await createAccount(command, password);
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
  if (action !== "create" || rest.length > 0) throw new UsageError("the one command is `create`. Try --help.");
  const { url, email, name, role } = values;
  for (const [option, value] of Object.entries({ url, email, name, role })) {
    if (value === undefined || value === "") throw new UsageError(`--${option} is missing. Try --help.`);
  }
  if (!isRole(role)) throw new UsageError(`--role is one of ${ROLES.join(", ")}, not "${role}".`);
  const operatorKey = process.env["RIMSHOT_OPERATOR_KEY"] ?? "";
  if (operatorKey === "") throw new UsageError("the environment variable RIMSHOT_OPERATOR_KEY is not set.");
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
    throw new UsageError(`${error instanceof Error ? error.message : String(error)} Try --help.`);
  }
}

/** The operator key is sent there, so that only this machine is spoken to without encryption. */
function readOrigin(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) throw new UsageError(`--url is not a URL: ${url}`);
  const { protocol, hostname, origin } = parsed;
  const isPrivate = protocol === "https:" || (protocol === "http:" && LOOPBACK_HOSTS.includes(hostname));
  if (!isPrivate) throw new UsageError("--url must begin with https:// unless it is this machine.");
  return origin;
}

async function readPassword(): Promise<string> {
  const input = await text(process.stdin);
  // The line's end is the terminal's or the pipe's, not the password's.
  const password = input.replace(/\r?\n$/, "");
  if (password === "") throw new UsageError("--password-stdin: the standard input is empty.");
  return password;
}

async function createAccount(command: Command, password: string) {
  const { origin, email, name, role, operatorKey } = command;
  const response = await fetch(`${origin}/v1/admin/accounts`, {
    method: "POST",
    headers: { authorization: `Bearer ${operatorKey}`, "content-type": "application/json" },
    body: JSON.stringify({ email, password, name, role }),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    // The key is for this origin alone.
    redirect: "error",
  }).catch((error: unknown) => {
    const { message, cause } = error instanceof Error ? error : new Error(String(error));
    throw new UsageError(`${origin} does not answer: ${cause instanceof Error ? cause.message : message}`);
  });
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw new UsageError(explainRefusal(response.status, body));
  if (!isAccount(body)) throw new UsageError(`${origin} answered ${response.status}, but not as Rimshot does.`);
  return { account: body, created: response.status === 201 };
}

function explainRefusal(status: number, body: unknown): string {
  if (status === 401) return "RIMSHOT_OPERATOR_KEY is not the operator key of this deployment.";
  const problem: { title?: unknown; detail?: unknown } = typeof body === "object" && body !== null ? body : {};
  const reason = problem.detail ?? problem.title;
  return `refused (${status}): ${typeof reason === "string" ? reason : "the answer says no more."}`;
}

function isAccount(body: unknown): body is { id: string; email: string; role: string } {
  return typeof body === "object" && body !== null && "id" in body && "email" in body && "role" in body;
}
