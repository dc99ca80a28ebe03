/** The prewarm job: `npm run prewarm -- --help`. */
import { ServiceClient } from "#jobs/client/service-client.ts";
import { interruptSignal } from "#jobs/interrupt-signal.ts";
import { messageOf } from "#jobs/terminal/failure-text.ts";
import { runProgram } from "#jobs/terminal/program.ts";
import { HELP, type PrewarmOptions, parsePrewarmOptions } from "./command-line.ts";
import { prewarm } from "./prewarm.ts";
import { createPrewarmReport } from "./prewarm-report.ts";

async function runJob(options: PrewarmOptions, stop: AbortSignal): Promise<number> {
  const report = createPrewarmReport(process.stdout, options.asJson);
  try {
    const client = new ServiceClient(options.url, options.credentials);
    await client.signIn(stop);
    const counts = await prewarm({ ...options, client, report, stop });
    report.ended(counts);
    return counts.failed + counts.unkept === 0 ? 0 : 1;
  } catch (error) {
    report.notice(messageOf(error));
    return 1;
  } finally {
    report.close();
  }
}

const options = parsePrewarmOptions(process.argv.slice(2), process.env);
process.exitCode = await runProgram(options, HELP, (given) => runJob(given, interruptSignal()));
