/** The importer's options. */
import { err, ok, type Result } from "#domain/foundation/result.ts";
import { parseStrictly } from "#jobs/terminal/program.ts";

export const HELP = `Usage: npm run import -- FOLDER [options]

Uploads a folder of music with all folders below it: sorted into releases by its tags, and by the names of files and
folders where tags are missing. Running it again sends only what is not there yet, also after a cut or Ctrl-C. Links and
hidden files are left out.

  --url URL           the service (default http://127.0.0.1:8787)
  --email E           the artist's account; its password comes from RIMSHOT_PASSWORD or is asked for. Without it, and
                      with a service on this machine, the demo artist that "npm start" made is used
  --dry-run           show what would become of the folder, and send nothing
  --concurrency N     files sent at a time, 1 to 16 (default 3)
  --json              say what happens as one JSON object a line
  --help              print this text

Ends with 0 when every file is imported, was already there, or is on its way; 1 when a file was refused or failed; 2 when
the options make no sense; 130 when it was interrupted.`;

export interface ImportOptions {
  readonly folder: string;
  readonly url: string;
  readonly email: string | null;
  readonly isDryRun: boolean;
  readonly concurrency: number;
  readonly asJson: boolean;
}

const URL_DEFAULT = "http://127.0.0.1:8787";
const CONCURRENCY_DEFAULT = 3;
const CONCURRENCY_MAX = 16;

export function parseImportOptions(args: readonly string[]): Result<ImportOptions | "help", string> {
  const parsed = parse(args);
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  if (values.help === true) return ok("help");
  const [folder, ...others] = positionals;
  if (folder === undefined || others.length > 0) return err("name one folder to import");
  if (!URL.canParse(values.url)) return err(`${values.url} is no URL`);
  const concurrency = Number(values.concurrency);
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > CONCURRENCY_MAX) {
    return err(`--concurrency is a number from 1 to ${CONCURRENCY_MAX}`);
  }
  return ok({
    folder,
    url: values.url,
    email: values.email ?? null,
    isDryRun: values["dry-run"] === true,
    concurrency,
    asJson: values.json === true,
  });
}

function parse(args: readonly string[]) {
  const flag = { type: "boolean" } as const;
  const options = {
    url: { type: "string", default: URL_DEFAULT },
    email: { type: "string" },
    "dry-run": flag,
    concurrency: { type: "string", default: String(CONCURRENCY_DEFAULT) },
    json: flag,
    help: flag,
  } as const;
  return parseStrictly({ args: [...args], options, strict: true, allowPositionals: true });
}
