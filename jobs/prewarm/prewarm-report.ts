/** What the job says while it works: for a person at a terminal, for a log, or for a program that reads JSON. */
import { plainText } from "#jobs/terminal/plain-text.ts";
import { createProgressBar } from "#jobs/terminal/progress-bar.ts";
import type { PrewarmItem } from "#workers/ingest/prewarm/prewarm-contract.ts";
import type { PrewarmCounts, PrewarmResult } from "./prewarm.ts";

export interface PrewarmReport {
  warmed(item: PrewarmItem, result: PrewarmResult, progress: { readonly done: number; readonly listed: number }): void;
  notice(text: string): void;
  ended(counts: PrewarmCounts): void;
  close(): void;
}

export function createPrewarmReport(output: NodeJS.WriteStream, asJson: boolean): PrewarmReport {
  if (asJson) return jsonReport(output);
  const bar = output.isTTY ? createProgressBar(output) : null;
  const print = (text: string) => (bar === null ? output.write(`${plainText(text)}\n`) : bar.print(plainText(text)));
  return {
    warmed: (item, _result, { done, listed }) =>
      bar?.update(done / listed, `${done} of ${listed}  ${item.profile} of ${item.track_id}`),
    notice: (text) => void print(text),
    ended({ present, filled, unkept, failed }) {
      print(`${filled} filled, ${present} were there, ${unkept} not kept by the cache, ${failed} failed`);
    },
    close: () => bar?.close(),
  };
}

function jsonReport(output: NodeJS.WriteStream): PrewarmReport {
  const write = (event: object) => output.write(`${JSON.stringify(event)}\n`);
  return {
    // Not the URL: it carries its token.
    warmed: ({ track_id, profile, size_bytes }, result) =>
      void write({ event: "warmed", track_id, profile, size_bytes, result }),
    notice: (text) => void write({ event: "notice", text }),
    ended: (counts) => void write({ event: "ended", ...counts }),
    close: () => {},
  };
}
