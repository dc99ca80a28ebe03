/** npm run bench -- NAME [--json]: runs one benchmark and prints its figures. */
import { parseArgs } from "node:util";
import { audioElementBenchmark } from "./audio-element/audio-element-benchmark.ts";
import type { Benchmark, Figures } from "./benchmark.ts";
import { cacheShapeBenchmark } from "./cache-shape/cache-shape-benchmark.ts";
import { edgeBenchmark } from "./edge/edge-benchmark.ts";
import { rangeSizeBenchmark } from "./range-size/range-size-benchmark.ts";
import { streamRowsBenchmark } from "./stream-rows/stream-rows-benchmark.ts";
import { transcodeBenchmark } from "./transcode/transcode-benchmark.ts";

const BENCHMARKS: readonly Benchmark[] = [
  edgeBenchmark,
  cacheShapeBenchmark,
  rangeSizeBenchmark,
  audioElementBenchmark,
  streamRowsBenchmark,
  transcodeBenchmark,
];

const USAGE = [
  "npm run bench -- NAME [--json]",
  "",
  ...BENCHMARKS.map(({ name, summary }) => `  ${name.padEnd(13)} ${summary}`),
  "",
  "--json writes one object to the standard output: the figures by name.",
].join("\n");

await main();

async function main(): Promise<void> {
  const command = readCommand();
  if (command === "help") return console.log(USAGE);
  if ("refusal" in command) {
    console.error(`${command.refusal}\n\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  const figures = await command.benchmark.run((line) => console.error(line));
  console.log(command.json ? asJson(figures) : asTable(figures));
}

type Command = "help" | { readonly refusal: string } | { readonly benchmark: Benchmark; readonly json: boolean };

function readCommand(): Command {
  const options = { json: { type: "boolean", default: false }, help: { type: "boolean", default: false } } as const;
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (values.help) return "help";
    const [name, ...more] = positionals;
    if (name === undefined || more.length > 0) return { refusal: "Name one benchmark." };
    const benchmark = BENCHMARKS.find((known) => known.name === name);
    return benchmark === undefined ? { refusal: `There is no benchmark ${name}.` } : { benchmark, json: values.json };
  } catch (error) {
    return { refusal: error instanceof Error ? error.message : String(error) };
  }
}

function asJson(figures: Figures): string {
  return JSON.stringify(Object.fromEntries(Object.entries(figures).map(([name, { value }]) => [name, value])));
}

function asTable(figures: Figures): string {
  const rows = Object.entries(figures).map(([name, { value, unit, meaning }]) => [
    name,
    value === null ? "absent" : `${value} ${unit}`,
    meaning,
  ]);
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(([name = "", value = "", meaning = ""]) =>
      [name.padEnd(widths[0] ?? 0), value.padStart(widths[1] ?? 0), meaning].join("  "),
    )
    .join("\n");
}
