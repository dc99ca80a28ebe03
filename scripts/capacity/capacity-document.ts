/** docs/capacity.md, out of the model. Nothing in it is written by hand but the words between the figures. */
import { dollarsOfCharge, PARTS } from "./charges.ts";
import { DESIGNS, designNamed } from "./designs.ts";
import { measuredSection } from "./document-measured.ts";
import { shardsSection } from "./document-shards.ts";
import { assumptionsSection, pricesSection } from "./document-sources.ts";
import { dollars, dollarsPerThousand, list, number, percent, table } from "./markdown.ts";
import { type Totals, totalsInPackedWorld, totalsOf, totalsOfDesign } from "./model.ts";
import { PAPER_DESIGNS, PAPER_PACKED } from "./paper.ts";
import { METERS, PRICES } from "./prices.ts";
import { SCENARIOS, type Scenario, streamsPerMonth } from "./scenarios.ts";

export const CAPACITY_DOCUMENT = "docs/capacity.md";

const BUILT = designNamed("as-built");
const LEAN = designNamed("lean");

export function capacityDocument(): string {
  const sections = [
    introduction(),
    scalesSection(SCENARIOS),
    streamSection(largest()),
    operationsSection(SCENARIOS),
    designsSection(largest()),
    paperSection(largest()),
    measuredSection(),
    shardsSection(SCENARIOS),
    assumptionsSection(SCENARIOS),
    pricesSection(),
  ];
  return `${sections.join("\n\n")}\n`;
}

/** For one's own numbers: the same tables, without what does not depend on them. */
export function scenarioReport(scenario: Scenario): string {
  const sections = [
    scalesSection([scenario]),
    streamSection(scenario),
    operationsSection([scenario]),
    designsSection(scenario),
    shardsSection([scenario]),
  ];
  return `${sections.join("\n\n")}\n`;
}

function largest(): Scenario {
  const last = SCENARIOS.at(-1);
  if (last === undefined) throw new RangeError("there is no scenario");
  return last;
}

function introduction(): string {
  const built = totalsOfDesign(largest(), BUILT);
  const lean = totalsOfDesign(largest(), LEAN);
  const inTheirs = totalsInPackedWorld(largest(), designNamed("as-built"));
  const top = PARTS.reduce((most, part) => (built.dollarsByPart[part] > built.dollarsByPart[most] ? part : most));
  const share = built.dollarsByPart[top] / built.dollars;
  const best = bestChange(largest(), built);
  return `# Capacity and cost

Made by \`npm run capacity\` from \`scripts/capacity\`; a test holds the two together, so change the model and not this
file. Own numbers: \`npm run capacity -- --listeners 250000 --tracks 2000000\`, and \`--help\` for the rest.

Where it stands, at ${largest().name} listeners: a thousand streams cost **${dollarsPerThousand(built.dollarsPerThousand)}** as
built, of which ${top} is ${(share * 100).toFixed(0)} %, and **${dollarsPerThousand(lean.dollarsPerThousand)}** with every change of the table of
designs. On the footing of the designs that were worked out on paper, ${dollarsPerThousand(PAPER_PACKED.dollarsPerThousand)} at best through the
Worker, it is ${dollarsPerThousand(built.paperDollarsPerThousand)} as built, ${dollarsPerThousand(inTheirs.paperDollarsPerThousand)} with what they assume of storage and caches, and ${dollarsPerThousand(lean.paperDollarsPerThousand)} with the changes. The change to make
first is “${best.name}”: it takes ${percent(best.saved)} off. What is not built is marked; its
figures are the model's, not an experience.

Left out: browsing and search, covers, uploads and transcoding, playlists, logs, people.`;
}

/** The one that saves most, of those that are one change. */
function bestChange(scenario: Scenario, built: Totals): { readonly name: string; readonly saved: number } {
  const changes = DESIGNS.filter(({ id }) => id !== LEAN.id).map((design) => {
    const { dollars: changed } = totalsOfDesign(scenario, design);
    return { name: design.name, saved: 1 - changed / built.dollars };
  });
  return changes.reduce((best, one) => (one.saved > best.saved ? one : best));
}

function scalesSection(scenarios: readonly Scenario[]): string {
  const rows = scenarios.flatMap((scenario) =>
    [BUILT, LEAN].map((design) => {
      const totals = totalsOfDesign(scenario, design);
      return [
        scenario.name,
        design.name,
        number(streamsPerMonth(scenario)),
        dollarsPerThousand(totals.dollarsPerThousand),
        dollars(totals.dollars),
        dollars(totals.billedDollars),
      ];
    }),
  );
  return `## By the number of listeners

Dollars at list price; “billed” is less what the paid plan includes, with the plan's own price. Storage of the catalog is
the same whoever listens, which is why few listeners to a large catalog cost more each.

${table(["listeners", "design", "streams a month", "per 1,000 streams", "a month", "billed"], rows, 2)}`;
}

function streamSection(scenario: Scenario): string {
  const totals = totalsOfDesign(scenario, BUILT);
  const charges = totals.charges
    .map((charge) => ({ ...charge, perThousand: (dollarsOfCharge(charge) / totals.streams) * 1_000 }))
    .sort((a, b) => b.perThousand - a.perThousand);
  const rows = charges.map(({ part, what, meter, perMonth, perThousand }) => [
    part,
    what,
    PRICES[meter].name,
    number((perMonth / totals.streams) * 1_000),
    dollarsPerThousand(perThousand),
  ]);
  return `## Where the money goes

One line for each thing that is metered, as built, at ${scenario.name} listeners; the dearest first. Amounts and dollars are
for 1,000 streams.

${table(["part", "what", "meter", "amount", "dollars"], rows, 3)}`;
}

function operationsSection(scenarios: readonly Scenario[]): string {
  const totals = scenarios.map((scenario) => totalsOfDesign(scenario, BUILT));
  const rowsOf = (amountOf: (one: Totals, meter: (typeof METERS)[number]) => number) =>
    METERS.filter((meter) => totals.some(({ amounts }) => amounts[meter] > 0)).map((meter) => [
      PRICES[meter].name,
      PRICES[meter].unit,
      ...totals.map((one) => number(amountOf(one, meter))),
    ]);
  const header = ["meter", "unit", ...scenarios.map(({ name }) => name)];
  return `## Operations

As built. For 1,000 streams:

${table(
  header,
  rowsOf((one, meter) => (one.amounts[meter] / one.streams) * 1_000),
)}

In a month:

${table(
  header,
  rowsOf((one, meter) => one.amounts[meter]),
)}`;
}

function designsSection(scenario: Scenario): string {
  const rows = DESIGNS.map((design) => {
    const totals = totalsOfDesign(scenario, design);
    const inParts = PARTS.map((part) => dollarsPerThousand((totals.dollarsByPart[part] / totals.streams) * 1_000));
    const all = dollarsPerThousand(totals.dollarsPerThousand);
    return [
      design.name,
      design.built ? "yes" : "no",
      all,
      dollarsPerThousand(totals.paperDollarsPerThousand),
      ...inParts,
    ];
  });
  const words = DESIGNS.map(({ name, what, price }) => [name, what, price]);
  return `## Designs side by side

Dollars for 1,000 streams at ${scenario.name} listeners. Each design is the one as built with one thing changed, but for the
last, which has all changes that keep the edge's checks. “As on paper” counts what the designs on paper count: a request to
begin, the audio, the reports and their rows, and the renditions stored once.

${table(["design", "built", "all", "as on paper", ...PARTS], rows, 2)}

${list(["design", "what is different", "what it takes"], words)}`;
}

function paperSection(scenario: Scenario): string {
  const rows = PAPER_DESIGNS.map(({ name, what, dollarsPerThousand: given, charges, streams }) => {
    const totals = totalsOf(charges, streams);
    const storage = (totals.dollarsByPart.renditions / totals.streams) * 1_000;
    const computed = dollarsPerThousand(totals.dollarsPerThousand);
    return [name, what, dollarsPerThousand(given), computed, dollarsPerThousand(storage)];
  });
  const ours = ["as-built", "each-event", "row-per-play", "lean"].map((id) => {
    const design = designNamed(id);
    const totals = totalsOfDesign(scenario, design);
    const storage = (totals.dollarsByPart.renditions / totals.streams) * 1_000;
    const computed = dollarsPerThousand(totals.paperDollarsPerThousand);
    return [design.name, design.what, "", computed, dollarsPerThousand(storage)];
  });
  const built = designNamed("as-built");
  const inTheirs = totalsInPackedWorld(scenario, built);
  const theirStorage = (inTheirs.dollarsByPart.renditions / inTheirs.streams) * 1_000;
  const likeForLike = [
    `${built.name}, with what packed assumes`,
    "4.6 PB, streams of 4 MB, nine ranges of ten in the cache",
    "",
    dollarsPerThousand(inTheirs.paperDollarsPerThousand),
    dollarsPerThousand(theirStorage),
  ];
  return `## Against the designs on paper

45 billion streams a month at 4 MB were priced on paper before anything was built. The model prices those assumptions again
(\`scripts/capacity/paper.ts\`), so that ours stand beside them on one footing. **Both totals on paper contain the storage
of the catalog**: 100 PB in the naive one, which is more than half of it, and 4.6 PB in the packed one, two fifths. They do not
contain leases, histories, databases, the replica and the masters; in ours these are in “all” above and not in this table.
What they assume of events is not given: four for a stream make both totals come out.

Our own assumptions are dearer: a ladder of 59 MB a track where theirs has 46, and caches that have half of what is asked
for where theirs have nine tenths. The last line is ours with theirs: what is left between it and theirs is the design.

${table(["design", "what", "given", "as computed", "of it storage"], [...rows, ...ours, likeForLike], 2)}`;
}
