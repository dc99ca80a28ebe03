/** npm run capacity: writes docs/capacity.md, or answers for other numbers. See --help. */
import { readFile, writeFile } from "node:fs/promises";
import { CAPACITY_DOCUMENT, capacityDocument, scenarioReport } from "./capacity/capacity-document.ts";
import { capacityFigures } from "./capacity/capacity-figures.ts";
import { HELP, readCommand } from "./capacity/command-line.ts";
import { SCENARIOS } from "./capacity/scenarios.ts";
import { runCommand } from "./run-command.ts";

await runCommand("capacity", async () => {
  const command = readCommand(process.argv.slice(2));
  switch (command.kind) {
    case "help":
      console.log(HELP);
      return;
    case "json":
      console.log(JSON.stringify(capacityFigures(command.scenario === null ? SCENARIOS : [command.scenario]), null, 2));
      return;
    case "report":
      console.log(scenarioReport(command.scenario));
      return;
    case "check":
      return check();
    case "write":
      await writeFile(CAPACITY_DOCUMENT, capacityDocument());
      console.log(`Wrote ${CAPACITY_DOCUMENT}.`);
  }
});

async function check(): Promise<void> {
  const written = await readFile(CAPACITY_DOCUMENT, "utf8").catch(() => "");
  if (written !== capacityDocument()) throw new Error(`${CAPACITY_DOCUMENT} is stale: run npm run capacity.`);
  console.log(`${CAPACITY_DOCUMENT} is what the model says.`);
}
