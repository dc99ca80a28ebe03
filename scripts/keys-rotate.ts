/** `npm run keys:rotate`: a new signing key for tokens, without one of them failing. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { experimental_readRawConfig } from "wrangler";
import { type KeyringText, planRotation } from "#domain/foundation/keyring-rotation.ts";
import { importKeyring } from "#domain/foundation/signed-token.ts";
import { DAY_MS, HOUR_MS, SECOND_MS } from "#domain/foundation/time.ts";
import { rotateRing } from "./keys/rotate-ring.ts";
import { SecretsFile } from "./keys/secrets-file.ts";
import { runCommand } from "./run-command.ts";
import { STATE_FOLDER_DEFAULT, StateFolder } from "./start/state-folder.ts";
import { WORKERS } from "./workers.ts";

const HELP = `Gives a ring of token keys a new key. Tokens that were signed before stay good until they expire.

  npm run keys:rotate -- [options]

  --ring NAME        AUDIO_TOKEN_KEYS (default), PLAY_TOKEN_KEYS or INGEST_TOKEN_KEYS
  --secrets FILE     of a deployment: the file that its secrets were set from; it is brought up to date
  --settle-seconds S between the steps, so that every isolate has the new ring (default 60)
  --state DIR        of a local run instead (default ${STATE_FOLDER_DEFAULT}): in force at its next start
  --help             this text

Every Worker is given the new key first; when all have it, they begin to sign with it. A key is dropped by the first
rotation after its last token has expired. A rotation that broke off is gone on with by the same command.`;

/** No token of a ring lives longer: a manifest's as long as the longest recording, a play token 35 days. */
const LIFETIMES_MS = {
  AUDIO_TOKEN_KEYS: 12 * HOUR_MS,
  PLAY_TOKEN_KEYS: 36 * DAY_MS,
  INGEST_TOKEN_KEYS: 8 * DAY_MS,
} as const;
type Ring = keyof typeof LIFETIMES_MS;

const KEY_BYTES = 32;
/** Beside a ring whose new key is in the file and not yet in all Workers. No Worker declares it. */
const UNFINISHED = "_UNFINISHED";
const SETTLE_SECONDS_DEFAULT = "60";

await runCommand("keys:rotate", main);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      ring: { type: "string", default: "AUDIO_TOKEN_KEYS" },
      secrets: { type: "string" },
      "settle-seconds": { type: "string", default: SETTLE_SECONDS_DEFAULT },
      state: { type: "string", default: STATE_FOLDER_DEFAULT },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const { ring, secrets } = values;
  if (!isRing(ring)) throw new Error(`--ring is one of ${Object.keys(LIFETIMES_MS).join(", ")}`);
  const settleSeconds = Number(values["settle-seconds"]);
  if (!(settleSeconds >= 0)) throw new Error("--settle-seconds is a number of seconds");
  if (secrets !== undefined) await rotateDeployed(ring, secrets, settleSeconds);
  else await rotateLocal(ring, values.state);
}

function isRing(name: string): name is Ring {
  return Object.hasOwn(LIFETIMES_MS, name);
}

async function rotateDeployed(ring: Ring, path: string, settleSeconds: number): Promise<void> {
  await using file = await SecretsFile.open(path);
  const secrets = await file.read();
  const unfinished = `${ring}${UNFINISHED}`;
  const holders = holdersOf(ring);
  if (unfinished in secrets) {
    // Some Workers sign with the new key already: the others are given it too, and no other is made.
    for (const worker of holders) await putSecret(`rimshot-${worker}`, ring, secrets[ring] ?? "");
    await file.change({ [unfinished]: null });
    return console.log("Finished the rotation that had broken off. Run it again for a new key.");
  }
  const rotation = await plan(ring, secrets[ring]);
  let step = 0;
  await rotateRing(rotation, {
    workers: holders,
    save: (keys) => {
      const isLastStep = keys.current === rotation.newKeyId;
      return file.change({ [ring]: JSON.stringify(keys), ...(isLastStep ? { [unfinished]: rotation.newKeyId } : {}) });
    },
    put: async (worker, keys) => {
      console.log(`${worker}: ${keys.current === rotation.newKeyId ? "signs with" : "knows"} ${rotation.newKeyId}`);
      await putSecret(`rimshot-${worker}`, ring, JSON.stringify(keys));
    },
    settle: async () => {
      step += 1;
      if (step > 1) return;
      console.log(`Waiting ${settleSeconds} s until every isolate knows it.`);
      await setTimeout(settleSeconds * SECOND_MS);
    },
  });
  await file.change({ [unfinished]: null });
  report(rotation.newKeyId, rotation.dropped);
}

function holdersOf(ring: Ring): string[] {
  const holders = WORKERS.filter(({ config }) => {
    const declared: readonly string[] = experimental_readRawConfig({ config }).rawConfig.secrets?.required ?? [];
    return declared.includes(ring);
  });
  return holders.map(({ name }) => name);
}

async function rotateLocal(ring: Ring, folder: string): Promise<void> {
  const state = new StateFolder(folder);
  if (!existsSync(state.secretsFile)) {
    throw new Error(`${state.path} is no state of a local run. Start one with npm start, or name it with --state DIR`);
  }
  const rotation = await plan(ring, (await state.secrets())[ring]);
  await state.writeSecrets({ ...(await state.secrets()), [ring]: JSON.stringify(rotation.rotated) });
  report(rotation.newKeyId, rotation.dropped);
  console.log("It signs from the next npm start on.");
}

/** Throws a sentence where the secret is no ring: what every Worker would refuse must not get to any. */
async function plan(ring: Ring, secret: string | undefined) {
  if (secret === undefined) throw new Error(`there is no ${ring} among the secrets`);
  await assertKeyring(ring, secret);
  const planned = planRotation(JSON.parse(secret) as KeyringText, {
    newKey: randomBytes(KEY_BYTES).toString("base64url"),
    nowMs: Date.now(),
    tokenLifetimeMs: LIFETIMES_MS[ring],
  });
  if (!planned.ok) throw new Error(`${planned.error.currentId} was made this very second. Try again in a moment`);
  for (const keys of [planned.value.staged, planned.value.rotated]) await assertKeyring(ring, JSON.stringify(keys));
  return planned.value;
}

async function assertKeyring(ring: Ring, secret: string): Promise<void> {
  try {
    await importKeyring(secret);
  } catch {
    // Not the error's own words: they may quote the secret.
    throw new Error(`${ring} is not a ring of keys: {"current": id, "keys": {id: base64url of 32 bytes or more}}`);
  }
}

function report(newKeyId: string, dropped: readonly string[]): void {
  console.log(`${newKeyId} is the key that signs.${dropped.length === 0 ? "" : ` Dropped: ${dropped.join(", ")}.`}`);
}

/** By standard input: a command line can be read by others of the machine. */
function putSecret(worker: string, name: string, value: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const environment = { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "1" };
    const child = execFile("wrangler", ["secret", "put", name, "--name", worker], { env: environment }, (error) => {
      if (error === null) resolve();
      else reject(new Error(`${worker} did not take ${name}. Run the command again; it goes on where it was`));
    });
    child.stdin?.end(value);
  });
}
