import { expect, it } from "vitest";
import { PAGE_OFFSET_MAX } from "#workers/shared/http/wire-schemas.ts";
import { toPage } from "./catalog-wire.ts";

it("links to no page whose offset would be refused [CAT-10]", () => {
  const pageAt = (offset: number) =>
    toPage("/v1/list", { limit: 50, offset }, { rows: [], total: 1_000_000 }, (row) => row);
  expect(pageAt(PAGE_OFFSET_MAX - 50).next).toBe(`/v1/list?limit=50&offset=${PAGE_OFFSET_MAX}`);
  expect(pageAt(PAGE_OFFSET_MAX).next).toBeNull();
  expect(pageAt(PAGE_OFFSET_MAX).previous).toBe(`/v1/list?limit=50&offset=${PAGE_OFFSET_MAX - 50}`);
});
