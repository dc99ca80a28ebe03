import { expect, test } from "vitest";
import { CHUNK_BYTES } from "./tus-transfer.ts";

test("sends chunks of the size of the service's parts", async () => {
  // By its address: the player is checked without the types of Workers.
  const append: unknown = await import(new URL("../../../workers/ingest/uploads/tus-append.ts", import.meta.url).href);
  expect(append).toHaveProperty("PART_BYTES", CHUNK_BYTES);
});
