import { statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createSlots } from "#jobs/slots.ts";
import { type FixtureFolder, fixtureFolder } from "./audio-fixtures.ts";
import { checkMaster } from "./check-master.ts";
import { makeOddFiles, type OddFile } from "./odd-files-fixtures.ts";

const COUNT_MIN = 200;
const TEST_MS = 120_000;
const never = new AbortController().signal;

let folder: FixtureFolder;
let files: readonly OddFile[];

beforeAll(() => {
  folder = fixtureFolder();
  files = makeOddFiles(folder);
}, TEST_MS);
afterAll(() => folder.remove());

async function verdictOn({ path }: OddFile): Promise<string> {
  const checked = await checkMaster(path, statSync(path).size, never);
  return checked.ok ? "ok" : checked.error.code;
}

it("gives each of two hundred odd files its verdict [TRC-5] [TRC-6]", { timeout: TEST_MS }, async () => {
  expect(files.length).toBeGreaterThanOrEqual(COUNT_MIN);
  const slots = createSlots(availableParallelism());
  const verdicts = await Promise.all(
    files.map((file) => slots.run(async () => `${file.name}: ${await verdictOn(file)}`)),
  );
  expect(verdicts).toEqual(files.map(({ name, verdict }) => `${name}: ${verdict}`));
});
