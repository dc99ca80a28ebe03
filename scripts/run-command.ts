import { failureText } from "#jobs/terminal/failure-text.ts";

/** Runs a command for a person: where it fails it says why in a sentence, and ends with 1. */
export async function runCommand(name: string, main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    console.error(`${name}: ${failureText(error)}`);
    process.exitCode = 1;
  }
}
