/**
 * The tus clients that most sites use, as they come and as their own documentation drives them, in a real Chromium against
 * the URL that an announcement answers with: it is all they are told.
 */
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { accessTokenOf, askJson, eventually } from "#tests/e2e/service-fixtures.ts";
import type { StudioArtist, StudioRelease } from "#workers/ingest/catalog/catalog-contract.ts";
import type { Upload, UploadTicket } from "#workers/ingest/uploads/uploads-contract.ts";
import { launchBrowser } from "./browser.ts";

const { url } = inject("system");
const PAGE_PATH = "/tus-clients-test";
const CHUNK_BYTES = 5 * 1024 ** 2;
const FILE_BYTES = 12 * 1024 ** 2 + 345;

interface UppyFile {
  readonly id: string;
}

interface ClientGlobals {
  readonly clients: {
    readonly Uppy: new (
      options: object,
    ) => {
      use(plugin: unknown, options: object): void;
      addFile(file: object): string;
      upload(): Promise<{ readonly successful: readonly UppyFile[]; readonly failed: readonly { error?: string }[] }>;
    };
    readonly Tus: unknown;
    readonly Upload: new (file: Blob, options: object) => { start(): void };
  };
}

let browser: Browser;
let token: string;
let release: StudioRelease;
let script: string;
let tracks = 0;

beforeAll(async () => {
  const source = `import Uppy from "@uppy/core"; import Tus from "@uppy/tus"; import { Upload } from "tus-js-client";
    window.clients = { Uppy, Tus, Upload };`;
  const stdin = { contents: source, resolveDir: process.cwd() };
  const built = await build({ stdin, bundle: true, format: "iife", platform: "browser", write: false });
  script = built.outputFiles[0]?.text ?? "";
  browser = await launchBrowser();
  token = await accessTokenOf("artist");
  const artist = await post<StudioArtist>("/v1/ingest/artists", { name: "Tus" });
  const body = { artist_id: artist.id, title: "By tus", release_at: "2020-01-01T00:00:00Z" };
  release = await post<StudioRelease>("/v1/ingest/releases", body);
});

afterAll(() => browser.close());

function post<Answer>(path: string, body: unknown): Promise<Answer> {
  const headers = { "idempotency-key": crypto.randomUUID() };
  return askJson<Answer>(path, { method: "POST", token, body, headers });
}

async function openPage(): Promise<Page> {
  const page = await browser.newPage();
  await page.route(`${url}${PAGE_PATH}`, (route) =>
    route.fulfill({ contentType: "text/html", body: "<!doctype html><title>test</title>" }),
  );
  await page.goto(url + PAGE_PATH);
  await page.addScriptTag({ content: script });
  return page;
}

/** A stereo WAV of noise that no other call has made, as a global of the page; answers what to announce. */
function makeFile(page: Page, beginning: string): Promise<{ size_bytes: number; sha256: string }> {
  return page.evaluate(
    async ({ sizeBytes, first }) => {
      const bytes = new Uint8Array(sizeBytes);
      for (let at = 0; at < sizeBytes; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
      const view = new DataView(bytes.buffer);
      bytes.set(new TextEncoder().encode(first));
      if (first === "RIFF") {
        bytes.set(new TextEncoder().encode("WAVEfmt "), 8);
        for (const [at, value] of [
          [4, sizeBytes - 8],
          [16, 16],
          [24, 44_100],
          [28, 176_400],
          [40, sizeBytes - 44],
        ]) {
          view.setUint32(at ?? 0, value ?? 0, true);
        }
        for (const [at, value] of [
          [20, 1],
          [22, 2],
          [32, 4],
          [34, 16],
        ])
          view.setUint16(at ?? 0, value ?? 0, true);
        bytes.set(new TextEncoder().encode("data"), 36);
      }
      Object.assign(window, { file: new File([bytes], "master.wav", { type: "audio/wav" }) });
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      return { size_bytes: sizeBytes, sha256 };
    },
    { sizeBytes: FILE_BYTES, first: beginning },
  );
}

async function announce(page: Page, beginning = "RIFF"): Promise<UploadTicket> {
  const file = { name: "master.wav", content_type: "audio/wav", ...(await makeFile(page, beginning)) };
  tracks += 1;
  const track = { title: `Track ${tracks}`, track_number: tracks };
  return post<UploadTicket>("/v1/ingest/uploads", { release_id: release.id, track, file });
}

/** The line breaks under one chunk, before the service has seen it. */
async function cutOnce(page: Page): Promise<() => number> {
  let requests = 0;
  await page.route("**/v1/ingest/files/**", async (route) => {
    const isChunk = route.request().method() === "PATCH";
    if (isChunk) requests += 1;
    if (isChunk && requests === 2) await route.abort("connectionreset");
    else await route.continue();
  });
  return () => requests;
}

/** Beyond PENDING every state says that the SHA-256 of what arrived is that of the file. */
async function expectArrived(ticket: UploadTicket): Promise<void> {
  const path = `/v1/ingest/uploads/${ticket.upload.id}`;
  const upload = await eventually(
    () => askJson<Upload>(path, { token }),
    ({ state }) => state !== "PENDING",
  );
  expect(["UPLOADED", "TRANSCODING", "READY", "PUBLISHED"]).toContain(upload.state);
}

async function uploadByUppy(page: Page, endpoint: string) {
  return page.evaluate(
    async ({ endpoint, chunkSize }) => {
      const { clients, file } = window as unknown as ClientGlobals & { readonly file: File };
      const uppy = new clients.Uppy({ autoProceed: false });
      uppy.use(clients.Tus, { endpoint, chunkSize, retryDelays: [0, 100, 500] });
      uppy.addFile({ name: file.name, type: file.type, data: file });
      const { successful, failed } = await uppy.upload();
      return { successful: successful.length, errors: failed.map(({ error }) => error ?? "") };
    },
    { endpoint, chunkSize: CHUNK_BYTES },
  );
}

describe("a tus client that is not ours", () => {
  it("Uppy sends a file whole to the signed URL, over a cut [ING-31]", async () => {
    const page = await openPage();
    const ticket = await announce(page);
    const requests = await cutOnce(page);
    expect(await uploadByUppy(page, ticket.upload_url)).toEqual({ successful: 1, errors: [] });
    expect(requests()).toBeGreaterThanOrEqual(4);
    await expectArrived(ticket);
    await page.close();
  });

  it("Uppy tells why a file is refused, before all of it is sent [ING-30]", async () => {
    const page = await openPage();
    const ticket = await announce(page, "PK\u0003\u0004");
    const { successful, errors } = await uploadByUppy(page, ticket.upload_url);
    expect(successful).toBe(0);
    expect(errors.join()).toContain("This is an archive");
    await page.close();
  });

  it.each([false, true])("tus-js-client creates, and sends data with the creation: %s [ING-31]", async (withData) => {
    const page = await openPage();
    const ticket = await announce(page);
    const sent = await page.evaluate(
      ({ endpoint, chunkSize, uploadDataDuringCreation }) => {
        const { clients, file } = window as unknown as ClientGlobals & { readonly file: File };
        return new Promise<string>((resolve) => {
          const onError = (error: Error) => resolve(error.message);
          const options = { endpoint, chunkSize, uploadDataDuringCreation, onError, onSuccess: () => resolve("sent") };
          new clients.Upload(file, options).start();
        });
      },
      { endpoint: ticket.upload_url, chunkSize: CHUNK_BYTES, uploadDataDuringCreation: withData },
    );
    expect(sent).toBe("sent");
    await expectArrived(ticket);
    await page.close();
  });
});
