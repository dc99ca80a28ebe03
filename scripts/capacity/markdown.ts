/** Tables and numbers as they stand in the document. */

/** The first `wordColumns` begin on the left, the others are figures and end on the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[], wordColumns = 1): string {
  const widths = header.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0), 3));
  const line = (cells: readonly string[]) => {
    const padded = cells.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column < wordColumns ? cell.padEnd(width) : cell.padStart(width);
    });
    return `| ${padded.join(" | ")} |`;
  };
  const rule = widths.map((width, column) => (column < wordColumns ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [line(header), line(rule), ...rows.map(line)].join("\n");
}

/** A table of words. */
export function list(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return table(header, rows, header.length);
}

const SIGNIFICANT_DIGITS = 3;
const LARGE = [
  { above: 1e15, divisor: 1e15, suffix: " P" },
  { above: 1e12, divisor: 1e12, suffix: " T" },
  { above: 1e9, divisor: 1e9, suffix: " G" },
  { above: 1e6, divisor: 1e6, suffix: " M" },
  { above: 1e4, divisor: 1e3, suffix: " k" },
];

/** Three digits that count, with a prefix of the SI where it is large. */
export function number(value: number): string {
  const large = LARGE.find(({ above }) => value >= above);
  return large === undefined ? digits(value) : `${digits(value / large.divisor)}${large.suffix}`;
}

function digits(value: number): string {
  return new Intl.NumberFormat("en-US", { maximumSignificantDigits: SIGNIFICANT_DIGITS }).format(value);
}

/** By the month. */
export function dollars(value: number): string {
  return `$${digits(value)}`;
}

/** For a thousand streams, where the fourth digit behind the point is what is talked about. */
export function dollarsPerThousand(value: number): string {
  return `$${value.toFixed(5)}`;
}

export function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(0)} %`;
}
