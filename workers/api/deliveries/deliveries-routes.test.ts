import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import type { PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import { addToHours } from "#workers/accounting/deliveries/deliveries-store.ts";
import { ask, type Caller, expectAnswer, SLOW_MS, signIn } from "#workers/api/catalog/catalog-fixtures.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import { listDeliveries } from "./deliveries-contract.ts";

let admin: Caller;

beforeAll(async () => {
  admin = await signIn("admin");
}, SLOW_MS);

it("an operator sees how much of what was sent the caches had [DEL-5]", { timeout: SLOW_MS }, async () => {
  // Newer than what other tests deliver meanwhile.
  const hour = Date.UTC(2040, 0, 1, 5);
  const sums = { ranges: 4, cacheRanges: 3, cacheBytes: 900, originBytes: 100 };
  const names = { playback: freshId<PlaybackId>(), track: freshId<RecordingId>(), country: "DE", quality: "flac" };
  const report = { id: freshId(), fromMs: hour, toMs: hour + 1, deliveries: [{ ...names, ...sums }] };
  await addToHours((env as unknown as AccountingEnv).LEDGER, report, Date.now());
  const answer = await ask("/v1/admin/deliveries?hours=1", { token: admin.token });
  const { items } = await expectAnswer(answer, listDeliveries, 200);
  expect(items).toEqual([
    { hour: new Date(hour).toISOString(), ranges: 4, bytes: 1_000, hit_ratio: 0.75, byte_hit_ratio: 0.9 },
  ]);
  expect((await ask("/v1/admin/deliveries?hours=0", { token: admin.token })).status).toBe(400);
  const listener = await signIn("listener");
  expect((await ask("/v1/admin/deliveries", { token: listener.token })).status).toBe(403);
});
