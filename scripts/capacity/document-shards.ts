/** The section of what is full first, and what is done about it. */
import { type Design, designNamed } from "./designs.ts";
import { list, number, table } from "./markdown.ts";
import { type Scenario, streamsPerSecond } from "./scenarios.ts";
import { type Capacity, capacitiesOf, fullAt, isExceeded } from "./shards.ts";

const BUILT = designNamed("as-built");
const LEAN = designNamed("lean");

export function shardsSection(scenarios: readonly Scenario[]): string {
  return `## What is full first

How many databases, objects and queues it takes. Databases and objects count as full at four fifths; rates are those of
the peak, twice the mean. There is one of each today, and 256 play shards a month.

As built:

${needed(scenarios, BUILT)}

With all changes of the table of designs:

${needed(scenarios, LEAN)}

${scenarios.map(firstToBreak).join("\n\n")}

Not a limit at any of these scales: listeners' objects, one for each account with a call every few seconds at most; the
object of takedowns, asked by each point of presence every ten seconds; KV, whose records are written when rights change;
queues of ingest.`;
}

function needed(scenarios: readonly Scenario[], { settings }: Design): string {
  const byScenario = scenarios.map((scenario) => capacitiesOf(scenario, settings));
  const rows = (byScenario[0] ?? []).map(({ what, present, unit }, index) => [
    what,
    String(present),
    ...byScenario.map((capacities) => cell(capacities[index], unit)),
  ]);
  return table(["of", "there are", ...scenarios.map(({ name }) => name)], rows);
}

function cell(capacity: Capacity | undefined, unit: string): string {
  if (capacity === undefined) return "";
  const count = number(capacity.needed);
  return `${isExceeded(capacity) ? `**${count}**` : count} (${number(capacity.load)} ${unit})`;
}

function firstToBreak(scenario: Scenario): string {
  const capacities = capacitiesOf(scenario, BUILT.settings);
  const broken = capacities.filter(isExceeded).sort((a, b) => a.present / a.needed - b.present / b.needed);
  const heading = `### At ${scenario.name} listeners (${number(streamsPerSecond(scenario))} streams a second)`;
  if (broken.length === 0) {
    const nearest = capacities.reduce((most, one) =>
      one.load / one.limit / one.present > most.load / most.limit / most.present ? one : most,
    );
    return `${heading}\n\nNothing is full. Nearest to it: ${nearest.what}, full at ${fullText(scenario, nearest)}.`;
  }
  const rows = broken.map((capacity) => [capacity.what, fullText(scenario, capacity), capacity.remedy]);
  return `${heading}\n\n${list(["what is full", "from", "what is done"], rows)}`;
}

function fullText(scenario: Scenario, capacity: Capacity): string {
  return `${number(fullAt(scenario, capacity))} ${capacity.growsWith}`;
}
