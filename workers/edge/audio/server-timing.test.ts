import { expect, it } from "vitest";
import { ask, publish, signedPath } from "../edge-fixtures.ts";

/** Names in order, with what is said of them. */
function timingsOf(answer: Response): (readonly [string, string | null])[] {
  const metrics = (answer.headers.get("server-timing") ?? "").split(", ");
  return metrics.map((metric) => {
    const [, name = "", description = null] = /^(\w+)(?:;desc=(\w+))?;?(?:dur=\d+)?$/.exec(metric) ?? [];
    return [name, description] as const;
  });
}

it("says where the time went, and who had the bytes [DLV-41]", async () => {
  const path = await signedPath(await publish());
  const missed = await ask(path, { headers: { range: "bytes=0-9" } });
  expect(timingsOf(missed)).toEqual([
    ["auth", null],
    ["rights", null],
    ["cache", "miss"],
    ["origin", "primary"],
  ]);
  const hit = await ask(path, { headers: { range: "bytes=0-9" } });
  expect(timingsOf(hit)).toEqual([
    ["auth", null],
    ["rights", null],
    ["cache", "hit"],
  ]);
  expect(hit.headers.get("server-timing")).toMatch(/^auth;dur=\d+, rights;dur=\d+, cache;desc=hit;dur=\d+$/);
});
