import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { freshId } from "#workers/shared/fresh-id.ts";
import { listMostPlayed, MOST_PLAYED_MAX } from "./plays-store.ts";

const { LEDGER } = env as unknown as AccountingEnv;
const SINCE_MS = 1_800_000_000_000;

async function play(recordingId: string, times: number, playedAt: number): Promise<void> {
  const rows = JSON.stringify(Array.from({ length: times }, () => freshId()));
  await LEDGER.prepare(
    `INSERT INTO qualified_plays (playback_id, recording_id, subject_id, country, commercial_model, duration_ms,
                                  played_at, recorded_at)
     SELECT value, ?2, 's', 'DE', 'SubscriptionModel', 60000, ?3, ?3 FROM json_each(?1)`,
  )
    .bind(rows, recordingId, playedAt)
    .run();
}

it("counts the plays since an instant, most first, and no more recordings than asked for [DLV-39]", async () => {
  const [often, seldom, former] = [freshId<string>(), freshId<string>(), freshId<string>()];
  await play(often, 3, SINCE_MS);
  await play(seldom, 2, SINCE_MS + 1);
  await play(former, 9, SINCE_MS - 1);
  expect(await listMostPlayed(LEDGER, SINCE_MS, 10)).toEqual([often, seldom]);
  expect(await listMostPlayed(LEDGER, SINCE_MS, 1)).toEqual([often]);
  for (const limit of [0, -1, 1.5, MOST_PLAYED_MAX + 1]) {
    await expect(listMostPlayed(LEDGER, SINCE_MS, limit)).rejects.toThrow(RangeError);
  }
});
