/** What becomes of objects with age: rules of the buckets themselves, which R2 carries out within a day. */

interface BucketRule {
  readonly bucket: string;
  readonly name: string;
  readonly prefix: string;
  /** As `wrangler r2 bucket lifecycle add` has it. */
  readonly action: "--ia-transition-days" | "--expire-days";
  readonly days: number;
}

export const BUCKET_RULES: readonly BucketRule[] = [
  // By then a master is checked and transcoded, each of which reads it once, or rejected and gone.
  {
    bucket: "rimshot-masters",
    name: "masters-infrequent",
    prefix: "u/",
    action: "--ia-transition-days",
    days: 7,
  },
  // An upload has seven days.
  { bucket: "rimshot-masters", name: "tails-gone", prefix: "tails/", action: "--expire-days", days: 8 },
  // Ingest puts copies there as such; these are older, or were brought by another tool.
  {
    bucket: "rimshot-renditions-replica",
    name: "copies-infrequent",
    prefix: "a/",
    action: "--ia-transition-days",
    days: 1,
  },
];

/** Adds those that are missing, by name. What is there under a name is left as it is, and so are other rules. */
export async function ensureBucketRules(wrangler: (...args: readonly string[]) => Promise<string>): Promise<void> {
  for (const bucket of new Set(BUCKET_RULES.map((rule) => rule.bucket))) {
    const listed = await wrangler("r2", "bucket", "lifecycle", "list", bucket);
    const known = new Set([...listed.matchAll(/^name:\s+(.+?)\s*$/gm)].map(([, name]) => name));
    for (const { name, prefix, action, days } of BUCKET_RULES.filter((rule) => rule.bucket === bucket)) {
      if (known.has(name)) continue;
      await wrangler("r2", "bucket", "lifecycle", "add", bucket, name, prefix, action, String(days));
    }
  }
}
