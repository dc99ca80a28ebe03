import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { ServiceClient } from "#jobs/client/service-client.ts";
import { createSlots } from "#jobs/slots.ts";
import type { FileOutcome } from "./file-outcome.ts";
import { importRelease } from "./import-release.ts";
import { createImportReport } from "./import-report.ts";
import { planReleases } from "./plan-releases.ts";
import { NO_TAGS } from "./read-tags.ts";
import type { AudioFile } from "./walk-folder.ts";

let server: Server;
afterEach(() => server.close());

/** A service that breaks down at the first artist it is told of, and does well from then on. */
async function listen(): Promise<string> {
  let artistsAsked = 0;
  const payload = Buffer.from(JSON.stringify({ exp: Date.now() / 1_000 + 600 })).toString("base64url");
  server = createServer((request, response) => {
    request.resume();
    const isArtist = request.url === "/v1/ingest/artists";
    if (isArtist) artistsAsked += 1;
    response.statusCode = isArtist && artistsAsked === 1 ? 500 : 200;
    // The fields of every answer that is asked for here: a token, an artist, a release without tracks.
    response.end(JSON.stringify({ token: `e30.${payload}.x`, id: "a", title: "T", cover_url: "/c", tracks: [] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it("asks for an artist again where the question failed for an earlier release", async () => {
  const outcomes: FileOutcome[] = [];
  const context = {
    client: new ServiceClient(await listen(), { email: "a@b.c", password: "secret" }),
    report: createImportReport(process.stdout, false, []),
    transfers: createSlots(1),
    signal: new AbortController().signal,
    nowMs: 0,
    releases: [],
    artistIds: new Map<string, Promise<string>>(),
    settle: (_: AudioFile, outcome: FileOutcome) => void outcomes.push(outcome),
    follow: () => {},
  };
  const plans = planReleases(
    ["First", "Second"].map((album) => ({
      file: { path: "", relativePath: `${album}/1.wav`, sizeBytes: 0, contentType: "audio/wav" },
      tags: { ...NO_TAGS, artist: "One", album },
    })),
    "music",
  );
  for (const plan of plans) await importRelease(context, plan);
  // The second one got as far as its file, which is empty.
  expect(outcomes).toMatchObject([{ kind: "failed" }, { kind: "refused", reason: expect.stringMatching(/empty/) }]);
});
