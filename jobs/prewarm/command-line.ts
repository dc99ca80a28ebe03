/** The job's options, from its arguments and its environment. */
import { ID_PATTERN } from "#domain/foundation/ids.ts";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import { ladderProfile } from "#domain/ingest/ladder.ts";
import type { Credentials } from "#jobs/client/service-session.ts";
import { jobCredentials, parseStrictly } from "#jobs/terminal/program.ts";
import type * as contract from "#workers/ingest/prewarm/prewarm-contract.ts";

export const HELP = `Usage: npm run prewarm -- --url URL (--release ID | --scheduled HOURS | --top N) [options]

Puts renditions into the cache of the point of presence that answers this machine, so that the first listeners near it
do not wait for the bucket. Listeners hear of a release no earlier for it. What is in the cache already stays as it is,
so run it as often as you like, and from a machine in each region whose caches are to be warm.

  --url URL            the service, for example http://127.0.0.1:8787
  --release ID         every track of a release, also before its instant
  --scheduled HOURS    every track of the releases that come out within so many hours (at most 168)
  --top N              the N tracks that are played most (at most 500) by listeners of the country this machine is in
  --country CC         with --top: of this country instead, as two letters
  --profiles LIST      rungs of the ladder, separated by commas (default aac-160,vorbis-320)
  --concurrency N      renditions at a time, 1 to 32 (default 4)
  --json               say what happens as one JSON object a line
  --help               print this text

Environment: RIMSHOT_JOB_EMAIL and RIMSHOT_JOB_PASSWORD name an account of the role "job".
Ends with 0 when everything is in the cache, 1 when something is not, 2 when the options make no sense.`;

export type PrewarmSelection = Pick<
  typeof contract.listPrewarm.body._zod.input,
  "release_id" | "scheduled_within_hours" | "top" | "country"
>;

export interface PrewarmOptions {
  readonly url: string;
  readonly selection: PrewarmSelection;
  /** Null for the service's own choice. */
  readonly profiles: readonly string[] | null;
  readonly concurrency: number;
  readonly asJson: boolean;
  readonly credentials: Credentials;
}

const COUNTRY_PATTERN = /^[A-Z]{2}$/;
const CONCURRENCY_DEFAULT = 4;
const CONCURRENCY_MAX = 32;
/** The contract's own numbers: the types keep them from drifting apart. */
const HOURS_MAX: typeof contract.PREWARM_HOURS_MAX = 168;
const TOP_MAX: typeof contract.PREWARM_TOP_MAX = 500;

/** The options, `help` where that is asked for, or what is wrong with the arguments. */
export function parsePrewarmOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Result<PrewarmOptions | "help", string> {
  const parsed = parse(args);
  if (!parsed.ok) return parsed;
  const { values } = parsed.value;
  if (values.help) return ok("help");
  if (values.url === undefined || !URL.canParse(values.url)) return err("--url must name the service");
  const selection = selectionOf(values);
  if (!selection.ok) return selection;
  const profiles = values.profiles?.split(",") ?? null;
  const unknown = profiles?.find((profile) => ladderProfile(profile) === undefined);
  if (unknown !== undefined) return err(`--profiles: the ladder has no ${unknown}`);
  const concurrency = values.concurrency === undefined ? CONCURRENCY_DEFAULT : Number(values.concurrency);
  if (!isIntegerTo(concurrency, CONCURRENCY_MAX)) return err(`--concurrency is a number from 1 to ${CONCURRENCY_MAX}`);
  const credentials = jobCredentials(environment);
  if (!credentials.ok) return credentials;
  const { url, json: asJson = false } = values;
  return ok({ url, selection: selection.value, profiles, concurrency, asJson, credentials: credentials.value });
}

type Values = Extract<ReturnType<typeof parse>, { ok: true }>["value"]["values"];

function selectionOf({ release, scheduled, top, country }: Values): Result<PrewarmSelection, string> {
  if ([release, scheduled, top].filter((value) => value !== undefined).length !== 1) {
    return err("name one of --release, --scheduled and --top");
  }
  if (country !== undefined && top === undefined) return err("--country goes with --top");
  if (country !== undefined && !COUNTRY_PATTERN.test(country)) return err("--country is two capital letters");
  if (release !== undefined) {
    return ID_PATTERN.test(release) ? ok({ release_id: release }) : err("--release is the id of a release");
  }
  if (scheduled !== undefined) {
    const hours = Number(scheduled);
    const isInRange = hours > 0 && hours <= HOURS_MAX;
    return isInRange ? ok({ scheduled_within_hours: hours }) : err(`--scheduled is a number up to ${HOURS_MAX}`);
  }
  if (!isIntegerTo(Number(top), TOP_MAX)) return err(`--top is a number from 1 to ${TOP_MAX}`);
  return ok({ top: Number(top), ...(country === undefined ? {} : { country }) });
}

function parse(args: readonly string[]) {
  const flag = { type: "boolean" } as const;
  const text = { type: "string" } as const;
  const options = {
    url: text,
    release: text,
    scheduled: text,
    top: text,
    country: text,
    profiles: text,
    concurrency: text,
    json: flag,
    help: flag,
  } as const;
  return parseStrictly({ args: [...args], options, strict: true });
}

function isIntegerTo(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= max;
}
