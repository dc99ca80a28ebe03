import { expect, it } from "vitest";
import { DAY_MS } from "#domain/foundation/time.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import { accounting } from "./accounting-fixtures.ts";
import { addToSums, readRollUp } from "./roll-up-store.ts";
import { countPlays, listMostPlayed, MOST_PLAYED_MAX } from "./sums-store.ts";

const { LEDGER } = accounting;
const SINCE_MS = Date.UTC(2027, 0, 15, 8);

async function play(recordingId: string, plays: number, { day = "2027-01-15", country = "DE" } = {}): Promise<void> {
  const state = await readRollUp(LEDGER);
  await addToSums(LEDGER, state, {
    next: state,
    sums: [{ key: `${recordingId}/${country}/S`, day, plays }],
    added: [],
  });
}

it("counts the plays since a day, most first, and no more recordings than asked for [DLV-39]", async () => {
  const [often, seldom, former] = [freshId<string>(), freshId<string>(), freshId<string>()];
  await play(often, 3);
  await play(seldom, 2, { day: "2027-01-16" });
  await play(former, 9, { day: "2027-01-14" });
  expect(await listMostPlayed(LEDGER, SINCE_MS, { limit: 10 })).toEqual([often, seldom]);
  expect(await listMostPlayed(LEDGER, SINCE_MS, { limit: 1 })).toEqual([often]);
  expect(await countPlays(LEDGER, [often, seldom, former])).toEqual({ [often]: 3, [seldom]: 2, [former]: 9 });
  for (const limit of [0, -1, 1.5, MOST_PLAYED_MAX + 1]) {
    await expect(listMostPlayed(LEDGER, SINCE_MS, { limit })).rejects.toThrow(RangeError);
  }
});

it("counts plays of listeners in one country alone where it is asked for one [PLAY-15]", async () => {
  const sinceMs = SINCE_MS + 30 * DAY_MS;
  const [home, abroad] = [freshId<string>(), freshId<string>()];
  await play(home, 1, { day: "2027-02-20", country: "AT" });
  await play(abroad, 5, { day: "2027-02-20", country: "DE" });
  await play(home, 1, { day: "2027-02-21", country: "DE" });
  expect(await listMostPlayed(LEDGER, sinceMs, { limit: 9 })).toEqual([abroad, home]);
  expect(await listMostPlayed(LEDGER, sinceMs, { limit: 9, country: "AT" })).toEqual([home]);
  expect(await listMostPlayed(LEDGER, sinceMs, { limit: 9, country: "FR" })).toEqual([]);
  for (const country of ["", "de", "DEU", "%"]) {
    await expect(listMostPlayed(LEDGER, sinceMs, { limit: 9, country })).rejects.toThrow(RangeError);
  }
});

it("reads one row for each recording that it counts the plays of [PLAY-15]", async () => {
  const ids = Array.from({ length: 50 }, () => freshId<string>());
  for (const id of ids) await play(id, 2);
  const { results, meta } = await LEDGER.prepare(
    `EXPLAIN QUERY PLAN SELECT asked.value, totals.plays FROM json_each(?1) AS asked
     JOIN recording_totals AS totals ON totals.block = substr(asked.value, -3)`,
  )
    .bind(JSON.stringify(ids))
    .all<{ detail: string }>();
  expect(meta.rows_written).toBe(0);
  expect(results.map(({ detail }) => detail).join("\n")).toContain("SEARCH totals USING PRIMARY KEY");
  expect(Object.values(await countPlays(LEDGER, ids))).toEqual(ids.map(() => 2));
});
