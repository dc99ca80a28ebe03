import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CAPACITY_DOCUMENT, capacityDocument } from "#scripts/capacity/capacity-document.ts";
import { PRICES } from "#scripts/capacity/prices.ts";

describe(CAPACITY_DOCUMENT, () => {
  const written = readFileSync(CAPACITY_DOCUMENT, "utf8");

  it("is what the model says; `npm run capacity` writes it", () => {
    expect(written).toBe(capacityDocument());
  });

  it("names a source for each price", () => {
    for (const { name, source } of Object.values(PRICES)) {
      const row = written.split("\n").find((line) => line.startsWith(`| ${name} `) && line.includes("https://"));
      expect(row, name).toContain(source);
    }
  });
});
