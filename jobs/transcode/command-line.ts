/** The job's options, from its arguments and its environment. */
import { err, ok, type Result } from "#domain/foundation/result.ts";
import type { Credentials } from "#jobs/client/service-session.ts";
import { jobCredentials, parseStrictly } from "#jobs/terminal/program.ts";
import type * as contract from "#workers/ingest/transcodes/transcodes-contract.ts";

export const HELP = `Usage: npm run transcode -- --url URL [options]

Takes uploads that wait for transcoding, makes every rendition of the ladder, and hands them in. Any number of these
jobs may run, on any machines: each upload is leased to one of them at a time.

  --url URL            the service, for example http://127.0.0.1:8787
  --concurrency N      uploads worked on at a time (default 2); ffmpeg runs once for each processor core
  --lease-seconds S    how long a silent job keeps its work, 2 to 600 (default 60)
  --once               end after one upload
  --idle-exit          end when there is no work
  --json               say what happens as one JSON object a line
  --help               print this text

Environment: RIMSHOT_JOB_EMAIL and RIMSHOT_JOB_PASSWORD name an account of the role "job"; RIMSHOT_FFMPEG names
another ffmpeg than the one that is found.
Ends with 0 when it was told to end, 1 when the service refuses the job, 2 when the options make no sense.`;

export interface JobOptions {
  readonly url: string;
  readonly concurrency: number;
  readonly leaseSeconds: number;
  readonly isOnce: boolean;
  readonly endsWhenIdle: boolean;
  readonly asJson: boolean;
  readonly credentials: Credentials;
}

const CONCURRENCY_DEFAULT = 2;
const CONCURRENCY_MAX = 64;
/** The contract's own numbers: the types keep them from drifting apart. */
const LEASE_SECONDS_DEFAULT: typeof contract.LEASE_SECONDS_DEFAULT = 60;
const LEASE_SECONDS_MIN: typeof contract.LEASE_SECONDS_MIN = 2;
const LEASE_SECONDS_MAX: typeof contract.LEASE_SECONDS_MAX = 600;

/** The options, `help` where that is asked for, or what is wrong with the arguments. */
export function parseJobOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Result<JobOptions | "help", string> {
  const parsed = parse(args);
  if (!parsed.ok) return parsed;
  const { values } = parsed.value;
  if (values.help) return ok("help");
  if (values.url === undefined || !URL.canParse(values.url)) return err("--url must name the service");
  const concurrency = integerIn(values.concurrency, CONCURRENCY_DEFAULT, 1, CONCURRENCY_MAX);
  if (concurrency === null) return err(`--concurrency is a number from 1 to ${CONCURRENCY_MAX}`);
  const leaseSeconds = integerIn(values["lease-seconds"], LEASE_SECONDS_DEFAULT, LEASE_SECONDS_MIN, LEASE_SECONDS_MAX);
  if (leaseSeconds === null)
    return err(`--lease-seconds is a number from ${LEASE_SECONDS_MIN} to ${LEASE_SECONDS_MAX}`);
  const credentials = jobCredentials(environment);
  if (!credentials.ok) return credentials;
  return ok({
    url: values.url,
    concurrency,
    leaseSeconds,
    isOnce: values.once === true,
    endsWhenIdle: values["idle-exit"] === true,
    asJson: values.json === true,
    credentials: credentials.value,
  });
}

function parse(args: readonly string[]) {
  const flag = { type: "boolean" } as const;
  const text = { type: "string" } as const;
  const options = {
    url: text,
    concurrency: text,
    "lease-seconds": text,
    once: flag,
    "idle-exit": flag,
    json: flag,
    help: flag,
  } as const;
  return parseStrictly({ args: [...args], options, strict: true });
}

function integerIn(text: string | undefined, fallback: number, min: number, max: number): number | null {
  if (text === undefined) return fallback;
  const value = Number(text);
  return /^\d+$/.test(text) && value >= min && value <= max ? value : null;
}
