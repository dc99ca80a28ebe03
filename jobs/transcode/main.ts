/** The transcode job: `npm run transcode -- --help`. */
import { availableParallelism, hostname } from "node:os";
import { ServiceClient } from "#jobs/client/service-client.ts";
import { interruptSignal } from "#jobs/interrupt-signal.ts";
import { createSlots } from "#jobs/slots.ts";
import { messageOf } from "#jobs/terminal/failure-text.ts";
import { runProgram } from "#jobs/terminal/program.ts";
import { HELP, type JobOptions, parseJobOptions } from "./command-line.ts";
import { encoderBuild } from "./ffmpeg.ts";
import { createJobReport } from "./job-report.ts";
import { removeStaleFolders } from "./work-folder.ts";
import { runLoop } from "./work-loop.ts";

const WORKER_NAME_MAX = 100;

async function runJob(options: JobOptions, stop: AbortSignal): Promise<number> {
  const report = createJobReport(process.stdout, options.asJson);
  try {
    const client = new ServiceClient(options.url, options.credentials);
    await client.signIn(stop);
    report.notice(`signed in at ${options.url}, asking for work`);
    const stale = await removeStaleFolders(Date.now());
    if (stale > 0) report.notice(`removed ${stale} folders of jobs that were killed`);
    const context = {
      client,
      report,
      encoders: createSlots(availableParallelism()),
      encoderBuild: await encoderBuild(stop),
      leaseSeconds: options.leaseSeconds,
      stop,
    };
    const worker = `${hostname()}-${process.pid}`.slice(0, WORKER_NAME_MAX);
    const outcomes = await runLoop(context, { ...options, worker });
    const { completed, rejected, failed, lost } = outcomes;
    report.notice(`${completed} completed, ${rejected} rejected, ${failed} given back, ${lost} lost`);
    return 0;
  } catch (error) {
    if (stop.aborted) return 0;
    report.notice(messageOf(error));
    return 1;
  } finally {
    report.close();
  }
}

const options = parseJobOptions(process.argv.slice(2), process.env);
process.exitCode = await runProgram(options, HELP, (given) => runJob(given, interruptSignal()));
