/** What the job says while it works: for a person at a terminal, for a log, or for a program that reads JSON. */
import { plainText } from "#jobs/terminal/plain-text.ts";
import { createProgressBar, type ProgressBar } from "#jobs/terminal/progress-bar.ts";

/** Each is announced when it begins, so that what was going on when a job died is always known. */
export const STEPS = [
  "claimed",
  "fetched",
  "checked",
  "measured",
  "encoded",
  "uploaded",
  "completed",
  "failed",
  "lease-lost",
] as const;
export type Step = (typeof STEPS)[number];

export interface StepReport {
  readonly uploadId: string;
  readonly step: Step;
  /** The rung of the ladder, for `encoded` and `uploaded`. */
  readonly profile?: string;
  /** Since the lease was taken. */
  readonly seconds?: number;
  /** Why, for `failed` and `lease-lost`. */
  readonly detail?: string;
  /** Set where the failure is the file's own. */
  readonly rejectCode?: string;
}

export interface JobReport {
  step(report: StepReport): void;
  /** How far an upload is, 0 to 1; 1 ends it. */
  progress(uploadId: string, fraction: number): void;
  notice(text: string): void;
  close(): void;
}

export function createJobReport(output: NodeJS.WriteStream, asJson: boolean): JobReport {
  if (asJson) return jsonReport(output);
  return output.isTTY ? barReport(createProgressBar(output)) : lineReport(output);
}

function jsonReport(output: NodeJS.WriteStream): JobReport {
  const write = (event: object) => output.write(`${JSON.stringify(event)}\n`);
  return {
    step: (report) => write({ event: "step", ...report }),
    progress: () => {},
    notice: (text) => write({ event: "notice", text }),
    close: () => {},
  };
}

function lineReport(output: NodeJS.WriteStream): JobReport {
  return {
    step: (report) => output.write(`${lineOf(report)}\n`),
    progress: () => {},
    notice: (text) => output.write(`${plainText(text)}\n`),
    close: () => {},
  };
}

function barReport(bar: ProgressBar): JobReport {
  const active = new Map<string, number>();
  let ended = 0;
  let latest = "";
  const draw = () => {
    const fractions = [...active.values()];
    const mean = fractions.length === 0 ? 1 : fractions.reduce((sum, one) => sum + one, 0) / fractions.length;
    bar.update(mean, `${active.size} at work, ${ended} done  ${latest}`);
  };
  return {
    step(report) {
      latest = `${report.step} ${report.profile ?? ""}`;
      if (report.step === "completed" || report.step === "failed" || report.step === "lease-lost") {
        bar.print(lineOf(report));
      }
      draw();
    },
    progress(uploadId, fraction) {
      if (fraction < 1) active.set(uploadId, fraction);
      else if (active.delete(uploadId)) ended += 1;
      draw();
    },
    notice: (text) => bar.print(plainText(text)),
    close: () => bar.close(),
  };
}

function lineOf(report: StepReport): string {
  const { uploadId, step, profile, seconds, detail, rejectCode } = report;
  const parts = [uploadId, step, profile, rejectCode, detail, seconds === undefined ? undefined : `${seconds} s`];
  return plainText(parts.filter((part) => part !== undefined).join("  "));
}
