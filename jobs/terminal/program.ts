/** What the programs have in common before their work begins: options that are read strictly, help, exit codes. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import type { Credentials } from "#jobs/client/service-session.ts";
import { messageOf } from "./failure-text.ts";

const EXIT_OPTIONS = 2;

/** The arguments, or what is wrong with them. An option that is not known is wrong. */
export function parseStrictly<Config extends ParseArgsConfig>(
  config: Config,
): Result<ReturnType<typeof parseArgs<Config>>, string> {
  try {
    return ok(parseArgs(config));
  } catch (error) {
    return err(messageOf(error));
  }
}

/** The account of a job, out of its environment. */
export function jobCredentials(environment: Readonly<Record<string, string | undefined>>): Result<Credentials, string> {
  const email = environment["RIMSHOT_JOB_EMAIL"] ?? "";
  const password = environment["RIMSHOT_JOB_PASSWORD"] ?? "";
  if (email === "" || password === "") return err("RIMSHOT_JOB_EMAIL and RIMSHOT_JOB_PASSWORD must name an account");
  return ok({ email, password });
}

/** Runs a program with its options. Answers with the exit code: help is 0, options that make no sense are 2. */
export async function runProgram<Options>(
  options: Result<Options | "help", string>,
  help: string,
  run: (options: Options) => Promise<number>,
): Promise<number> {
  if (!options.ok) {
    console.error(`${options.error}\n\n${help}`);
    return EXIT_OPTIONS;
  }
  if (options.value !== "help") return run(options.value as Options);
  console.log(help);
  return 0;
}
