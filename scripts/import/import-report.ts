/** What the importer says: a bar at a terminal, a line for each file otherwise, JSON for programs; a table at the end. */
import { plainText } from "#jobs/terminal/plain-text.ts";
import { createProgressBar } from "#jobs/terminal/progress-bar.ts";
import { type FileOutcome, OUTCOME_TITLES, type OutcomeKind } from "./file-outcome.ts";
import type { PlannedRelease } from "./plan-releases.ts";
import type { AudioFile } from "./walk-folder.ts";

export interface ImportReport {
  plan(releases: readonly PlannedRelease[]): void;
  notice(text: string): void;
  /** How many bytes of a file are there, and what is done with it. */
  sent(file: AudioFile, sentBytes: number): void;
  /** The last word on a file; the first may be that it is on its way. */
  outcome(file: AudioFile, outcome: FileOutcome): void;
  close(): void;
}

const MEGABYTE = 1024 ** 2;

export class OutcomeLog {
  readonly #outcomes = new Map<AudioFile, FileOutcome>();

  set(file: AudioFile, outcome: FileOutcome): void {
    this.#outcomes.set(file, outcome);
  }

  has(file: AudioFile): boolean {
    return this.#outcomes.has(file);
  }

  counts(): Record<OutcomeKind, number> {
    const counts = { imported: 0, "already-there": 0, "on-its-way": 0, refused: 0, failed: 0, interrupted: 0 };
    for (const { kind } of this.#outcomes.values()) counts[kind] += 1;
    return counts;
  }

  entries(): readonly (readonly [AudioFile, FileOutcome])[] {
    return [...this.#outcomes];
  }
}

export function createImportReport(
  output: NodeJS.WriteStream,
  asJson: boolean,
  files: readonly AudioFile[],
): ImportReport {
  if (asJson) return jsonReport(output);
  return output.isTTY ? barReport(output, files) : lineReport(output);
}

function jsonReport(output: NodeJS.WriteStream): ImportReport {
  const write = (event: object) => output.write(`${JSON.stringify(event)}\n`);
  return {
    plan: (releases) => {
      for (const { tracks, ...release } of releases) {
        const files = tracks.map(({ file, ...track }) => ({ ...track, file: file.relativePath }));
        write({ event: "release", ...release, tracks: files });
      }
    },
    notice: (text) => write({ event: "notice", text }),
    sent: () => {},
    outcome: (file, outcome) => write({ event: "file", file: file.relativePath, ...outcome }),
    close: () => {},
  };
}

function lineReport(output: NodeJS.WriteStream): ImportReport {
  return {
    plan: (releases) => output.write(planLines(releases)),
    notice: (text) => output.write(`${plainText(text)}\n`),
    sent: () => {},
    outcome: (file, outcome) => output.write(`${outcomeLine(file, outcome)}\n`),
    close: () => {},
  };
}

function barReport(output: NodeJS.WriteStream, files: readonly AudioFile[]): ImportReport {
  const bar = createProgressBar(output as Parameters<typeof createProgressBar>[0]);
  const sentBytes = new Map<AudioFile, number>();
  const settled = new Set<AudioFile>();
  const totalBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  let title = "";
  const draw = () => {
    const sent = [...sentBytes.values()].reduce((sum, bytes) => sum + bytes, 0);
    const megabytes = `${(sent / MEGABYTE).toFixed(1)} of ${(totalBytes / MEGABYTE).toFixed(1)} MB`;
    // Bytes are most of the way, but a file is done when it can be played.
    const fraction =
      0.8 * (totalBytes === 0 ? 1 : sent / totalBytes) + 0.2 * (settled.size / Math.max(1, files.length));
    bar.update(fraction, `${settled.size} of ${files.length} files, ${megabytes}  ${plainText(title)}`);
  };
  return {
    plan: (releases) => output.write(planLines(releases)),
    notice: (text) => bar.print(plainText(text)),
    sent(file, bytes) {
      sentBytes.set(file, bytes);
      title = file.relativePath;
      draw();
    },
    outcome(file, outcome) {
      sentBytes.set(file, file.sizeBytes);
      if (outcome.kind !== "on-its-way") settled.add(file);
      if (outcome.kind === "refused" || outcome.kind === "failed") bar.print(outcomeLine(file, outcome));
      draw();
    },
    close: () => bar.close(),
  };
}

function outcomeLine(file: AudioFile, outcome: FileOutcome): string {
  const reason = "reason" in outcome ? `: ${outcome.reason}` : "";
  return plainText(`${OUTCOME_TITLES[outcome.kind].padEnd(13)} ${file.relativePath}${reason}`);
}

function planLines(releases: readonly PlannedRelease[]): string {
  return releases
    .map(({ artist, title, year, type, tracks }) => {
      const head = plainText(`${artist} - ${title}${year === null ? "" : ` (${year})`}, ${type}`);
      const lines = tracks.map(({ discNumber, trackNumber, title: name, file }) =>
        plainText(`  ${discNumber}-${String(trackNumber).padStart(2, "0")} ${name}  <- ${file.relativePath}`),
      );
      return `${[head, ...lines].join("\n")}\n`;
    })
    .join("\n");
}

/** The closing table: how many of each, and every file that is not there with its reason. */
export function closingTable(log: OutcomeLog): string {
  const numbers = log.counts();
  const kinds = (Object.keys(OUTCOME_TITLES) as OutcomeKind[]).filter((kind) => numbers[kind] > 0);
  const counts = kinds.map((kind) => [OUTCOME_TITLES[kind], String(numbers[kind])] as const);
  const faults = log.entries().flatMap(([file, outcome]) => {
    if (outcome.kind !== "refused" && outcome.kind !== "failed") return [];
    return [[plainText(file.relativePath), OUTCOME_TITLES[outcome.kind], plainText(outcome.reason)] as const];
  });
  const sections = [table(["files", "number"], counts)];
  if (faults.length > 0) sections.push(table(["file", "", "reason"], faults));
  return `${sections.join("\n\n")}\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return [lines[0], "-".repeat(Math.max(...lines.map((line) => line.length))), ...lines.slice(1)].join("\n");
}
