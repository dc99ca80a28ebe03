import { expect, test } from "vitest";
import { locate } from "./client.ts";

test("fills path parameters and leaves out what was not given", () => {
  expect(locate("get /v1/tracks/:id", { params: { id: "a b/c" } })).toEqual({
    method: "GET",
    url: "/v1/tracks/a%20b%2Fc",
  });
  expect(locate("get /v1/search", { query: { q: "a & b", limit: 5, offset: undefined } })).toEqual({
    method: "GET",
    url: "/v1/search?q=a+%26+b&limit=5",
  });
});
