/** Where the bytes of announced uploads come in: tus 1.0, or one plain PUT. The URL is the credential. */
import * as z from "zod";
import { defineRoute } from "#workers/shared/http/route-contract.ts";
import { idParams } from "#workers/shared/http/wire-schemas.ts";

const FILE_PATH = "/v1/ingest/files/:id";
const signedQuery = z.object({ token: z.string() });

export const beginFile = defineRoute({
  method: "post",
  path: FILE_PATH,
  policy: "signed",
  summary: "tus creation: finds the announced upload, and takes the first bytes where they come with it",
  params: idParams,
  query: signedQuery,
  responses: { 201: null },
});

export const appendFile = defineRoute({
  method: "patch",
  path: FILE_PATH,
  policy: "signed",
  summary: "tus PATCH: append bytes at Upload-Offset",
  params: idParams,
  query: signedQuery,
  responses: { 204: null },
});

/** hono answers HEAD by the GET handler, so the offset is declared as a GET; the answer has no body either way. */
export const headFile = defineRoute({
  method: "get",
  path: FILE_PATH,
  policy: "signed",
  summary: "tus HEAD: how many bytes are here",
  params: idParams,
  query: signedQuery,
  responses: { 200: null },
});

export const terminateFile = defineRoute({
  method: "delete",
  path: FILE_PATH,
  policy: "signed",
  summary: "tus termination: no more bytes come, and those that came are deleted",
  params: idParams,
  query: signedQuery,
  responses: { 204: null },
});

export const putFile = defineRoute({
  method: "put",
  path: FILE_PATH,
  policy: "signed",
  summary: "The whole file in one request, for scripts without a tus client",
  params: idParams,
  query: signedQuery,
  responses: { 204: null },
});
