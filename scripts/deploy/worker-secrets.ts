/** The file of secrets that a deployment sets, and what of it each Worker gets. */
import { readFile } from "node:fs/promises";
import * as z from "zod";
import { parseJson } from "#jobs/parse-json.ts";

export type Secrets = Readonly<Record<string, string>>;

const secretsSchema = z.record(z.string(), z.string().min(1));

/** Throws a sentence where the file is not a JSON object of texts. */
export async function readSecrets(path: string): Promise<Secrets> {
  const parsed = secretsSchema.safeParse(parseJson(await readFile(path, "utf8")));
  if (!parsed.success) throw new Error(`${path} is not a JSON object of names and secrets, none of them empty`);
  return parsed.data;
}

/** A Worker gets the secrets it declares and no other. Throws a sentence where one is missing. */
export function secretsOf(worker: string, declared: readonly string[], secrets: Secrets): Secrets {
  return Object.fromEntries(
    declared.map((name) => {
      const secret = secrets[name];
      if (secret === undefined) throw new Error(`the file of secrets has no ${name}, which the ${worker} Worker needs`);
      return [name, secret];
    }),
  );
}
