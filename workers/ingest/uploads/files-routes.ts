import type { Context, Next } from "hono";
import { REJECT_REASONS } from "#domain/ingest/upload-states.ts";
import type { UploadProgress } from "#durable-objects/ingest/upload-protocol.ts";
import type { AppEnv, RouteBinder } from "#workers/shared/http/bind-routes.ts";
import { ProblemError } from "#workers/shared/http/problem.ts";
import { CHECKSUM_ALGORITHMS, type ChunkChecksum, parseUploadChecksum } from "./chunk-checksum.ts";
import * as actions from "./files-actions.ts";
import * as contract from "./files-contract.ts";
import { requireSignedUrl } from "./upload-tokens.ts";
import { filePath } from "./uploads-actions.ts";
import { UPLOAD_BYTES_MAX } from "./uploads-contract.ts";

const TUS_VERSION = "1.0.0";
const TUS_EXTENSIONS = "creation,creation-with-upload,expiration,checksum,termination";
const TUS_CONTENT_TYPE = "application/offset+octet-stream";

type IngestContext = Context<AppEnv<IngestEnv>>;

interface SignedInput {
  readonly params: { readonly id: string };
  readonly query: { readonly token: string };
}

export function bindFilesRoutes({ app, bind }: RouteBinder<IngestEnv>): void {
  app.use(contract.appendFile.path, speakTus);

  bind(contract.headFile, async (input, context) => {
    const id = await requireTus(input, context);
    const progress = await requireProgress(context.env, id);
    const headers = { "upload-length": String(progress.sizeBytes), "cache-control": "no-store" };
    return new Response(null, { headers: { ...progressHeaders(progress), ...headers } });
  });

  bind(contract.beginFile, async (input, context) => {
    const id = await requireTus(input, context);
    // For clients that some network lets send nothing but GET and POST.
    if (context.req.header("x-http-method-override") === "PATCH") return append(context, id);
    const progress = await begin(context, id);
    const location = `${filePath(id)}?token=${input.query.token}`;
    return new Response(null, { status: 201, headers: { ...progressHeaders(progress), location } });
  });

  bind(contract.appendFile, async (input, context) => append(context, await requireTus(input, context)));

  bind(contract.terminateFile, async (input, context) => {
    const id = await requireTus(input, context);
    const terminated = await actions.terminateFile(context.env, id);
    if (terminated.ok) return new Response(null, { status: 204 });
    if (terminated.error.kind === "unknown") throw new ProblemError("not-found");
    throw new ProblemError("conflict", { detail: "All bytes of this upload are here. Delete the track instead." });
  });

  bind(contract.putFile, async (input, context) => {
    const { id } = input.params;
    const { sizeBytes } = await requireSignedUrl(context.env, "upload", filePath(id), input.query.token);
    const declared = context.req.header("content-length");
    if (declared !== undefined && Number(declared) !== sizeBytes) throw incomplete(sizeBytes);
    const putting = untilRecorded(context, actions.putFile(context.env, id, context.req.raw.body));
    return new Response(null, { status: 204, headers: progressHeaders(await putting) });
  });
}

/** What is the protocol's own on every answer. What is spoken here is told to anyone: no client has a token yet then. */
async function speakTus(context: IngestContext, next: Next): Promise<Response | undefined> {
  if (context.req.method === "OPTIONS") {
    return context.body(null, 204, {
      "tus-version": TUS_VERSION,
      "tus-extension": TUS_EXTENSIONS,
      "tus-max-size": String(UPLOAD_BYTES_MAX),
      "tus-checksum-algorithm": CHECKSUM_ALGORITHMS,
    });
  }
  await next();
  context.header("tus-resumable", TUS_VERSION);
  return undefined;
}

/** The id of the upload that the URL was signed for. */
async function requireTus({ params, query }: SignedInput, context: IngestContext): Promise<string> {
  await requireSignedUrl(context.env, "upload", filePath(params.id), query.token);
  if (context.req.header("tus-resumable") === TUS_VERSION) return params.id;
  throw new ProblemError("unsupported-version", {
    detail: `This speaks tus ${TUS_VERSION}.`,
    headers: { "tus-version": TUS_VERSION },
  });
}

async function requireProgress(env: IngestEnv, id: string): Promise<UploadProgress> {
  const progress = await actions.fileProgress(env, id);
  if (progress === null) throw new ProblemError("not-found");
  return progress;
}

/** The upload was made when it was announced: created again, it is found, with the bytes that have come since. */
async function begin(context: IngestContext, id: string): Promise<UploadProgress> {
  const { req, env } = context;
  if (req.header("upload-concat") !== undefined || req.header("upload-defer-length") !== undefined) {
    throw new ProblemError("bad-request", { detail: "This takes one file, of the length that was announced." });
  }
  const progress = await requireProgress(env, id);
  if (req.header("upload-length") !== String(progress.sizeBytes)) {
    throw new ProblemError("bad-request", { detail: `Upload-Length is ${progress.sizeBytes}, as was announced.` });
  }
  if (req.header("content-type") !== TUS_CONTENT_TYPE || progress.offsetBytes > 0) return progress;
  return appended(context, id, 0);
}

async function append(context: IngestContext, id: string): Promise<Response> {
  const progress = await appended(context, id, requireOffset(context));
  return new Response(null, { status: 204, headers: progressHeaders(progress) });
}

function appended(context: IngestContext, id: string, offsetBytes: number): Promise<UploadProgress> {
  const bytes = { body: context.req.raw.body, checksum: requireChecksum(context) };
  return untilRecorded(context, actions.appendFile(context.env, id, offsetBytes, bytes));
}

/** A client that hangs up must not stop what has come from being recorded. */
async function untilRecorded(
  context: IngestContext,
  writing: ReturnType<typeof actions.putFile>,
): Promise<UploadProgress> {
  context.executionCtx.waitUntil(writing.catch(() => undefined));
  const written = await writing;
  if (!written.ok) throw faultProblem(written.error);
  return written.value;
}

function progressHeaders({ offsetBytes, expiresAt }: UploadProgress): Record<string, string> {
  return { "upload-offset": String(offsetBytes), "upload-expires": new Date(expiresAt).toUTCString() };
}

/** Where the client wants to append. */
function requireOffset({ req }: IngestContext): number {
  if (req.header("content-type") !== TUS_CONTENT_TYPE) {
    throw new ProblemError("unsupported-media-type", { detail: `The content type is ${TUS_CONTENT_TYPE}.` });
  }
  const offset = req.header("upload-offset") ?? "";
  if (!/^\d{1,15}$/.test(offset)) {
    throw new ProblemError("bad-request", { detail: "Upload-Offset is a number of bytes." });
  }
  return Number(offset);
}

function requireChecksum({ req }: IngestContext): ChunkChecksum | null {
  const checksum = parseUploadChecksum(req.header("upload-checksum"));
  if (checksum.ok) return checksum.value;
  const detail =
    checksum.error === "unknown"
      ? `Checksums are of ${CHECKSUM_ALGORITHMS}.`
      : "Upload-Checksum is an algorithm, a space, and the digest in base64.";
  throw new ProblemError("bad-request", { detail });
}

function incomplete(sizeBytes: number): ProblemError {
  return new ProblemError("unprocessable", {
    detail: `The file was announced with ${sizeBytes} bytes. Send all of it.`,
  });
}

function faultProblem(fault: actions.PutFault): ProblemError {
  switch (fault.kind) {
    case "unknown":
      return new ProblemError("not-found");
    case "locked":
      return new ProblemError("locked", { detail: "Try again when the other request has ended." });
    case "lock-lost":
      return new ProblemError("locked", { detail: "Another request took over. Ask for the offset and go on from it." });
    case "offset-mismatch":
      return new ProblemError("offset-mismatch", {
        detail: `The bytes up to ${fault.offsetBytes} are here.`,
        headers: { "upload-offset": String(fault.offsetBytes) },
      });
    case "too-large":
      return new ProblemError("too-large", { detail: "More bytes came than were announced." });
    case "checksum-mismatch":
      return new ProblemError("checksum-mismatch", { detail: "Nothing of these bytes was kept. Send them again." });
    case "incomplete":
      return incomplete(fault.progress.sizeBytes);
    case "refused": {
      const { code, detail } = fault.rejection;
      const message = REJECT_REASONS[code];
      return new ProblemError("unsupported-media-type", {
        detail: `${message} ${detail}`,
        errors: [{ path: "file", message }],
      });
    }
  }
}
