import type { Context, Next } from "hono";
import { isGivenUp, type UploadProgress } from "#durable-objects/ingest/upload-protocol.ts";
import type { AppEnv, RouteBinder } from "#workers/shared/http/bind-routes.ts";
import { ProblemError } from "#workers/shared/http/problem.ts";
import { type AppendFault, appendToUpload } from "./tus-append.ts";
import { requireSignedUrl } from "./upload-tokens.ts";
import * as actions from "./uploads-actions.ts";
import * as contract from "./uploads-contract.ts";

const TUS_VERSION = "1.0.0";
/** Uploads are announced by a route of ours, so `creation` is not among them. */
const TUS_EXTENSIONS = "expiration";
const TUS_CONTENT_TYPE = "application/offset+octet-stream";

export function bindUploadsRoutes({ app, bind }: RouteBinder<IngestEnv>): void {
  app.use(contract.appendFile.path, speakTus);

  bind(contract.createUpload, async (input, context) => {
    const key = input.headers["idempotency-key"];
    return context.json(await actions.createUpload(context.env, input.principal, key, input.body), 201);
  });

  bind(contract.getUpload, async (input, context) =>
    context.json(await actions.getUpload(context.env, input.principal, input.params.id)),
  );

  bind(contract.renewUploadUrl, async (input, context) =>
    context.json(await actions.renewUploadUrl(context.env, input.principal, input.params.id)),
  );

  bind(contract.headFile, async (input, context) => {
    const { id } = input.params;
    await requireSignedUrl(context.env, "upload", actions.filePath(id), input.query.token);
    requireTusVersion(context);
    const progress = await context.env.UPLOADS.getByName(id).progress();
    if (progress === null || isGivenUp(progress)) throw new ProblemError("not-found");
    return new Response(null, {
      headers: {
        ...progressHeaders(progress),
        "upload-length": String(progress.sizeBytes),
        "cache-control": "no-store",
      },
    });
  });

  bind(contract.appendFile, async (input, context) => {
    const { id } = input.params;
    await requireSignedUrl(context.env, "upload", actions.filePath(id), input.query.token);
    requireTusVersion(context);
    const offset = requireOffset(context);
    const appending = appendToUpload(context.env, id, offset, context.req.raw.body);
    // A client that hangs up must not stop what has come from being recorded.
    context.executionCtx.waitUntil(appending.catch(() => undefined));
    const appended = await appending;
    if (!appended.ok) throw appendProblem(appended.error);
    return new Response(null, { status: 204, headers: progressHeaders(appended.value) });
  });
}

/** What is the protocol's own on every answer. What is spoken here is told to anyone: no client has a token yet then. */
async function speakTus(context: Context<AppEnv<IngestEnv>>, next: Next): Promise<Response | undefined> {
  if (context.req.method === "OPTIONS") {
    return context.body(null, 204, {
      "tus-version": TUS_VERSION,
      "tus-extension": TUS_EXTENSIONS,
      "tus-max-size": String(contract.UPLOAD_BYTES_MAX),
    });
  }
  await next();
  context.header("tus-resumable", TUS_VERSION);
  return undefined;
}

function progressHeaders({ offsetBytes, expiresAt }: UploadProgress): Record<string, string> {
  return { "upload-offset": String(offsetBytes), "upload-expires": new Date(expiresAt).toUTCString() };
}

function requireTusVersion({ req }: Context<AppEnv<IngestEnv>>): void {
  if (req.header("tus-resumable") === TUS_VERSION) return;
  throw new ProblemError("unsupported-version", {
    detail: `This speaks tus ${TUS_VERSION}.`,
    headers: { "tus-version": TUS_VERSION },
  });
}

/** Where the client wants to append. */
function requireOffset({ req }: Context<AppEnv<IngestEnv>>): number {
  if (req.header("content-type") !== TUS_CONTENT_TYPE) {
    throw new ProblemError("unsupported-media-type", { detail: `The content type is ${TUS_CONTENT_TYPE}.` });
  }
  const offset = req.header("upload-offset") ?? "";
  if (!/^\d{1,15}$/.test(offset)) {
    throw new ProblemError("bad-request", { detail: "Upload-Offset is a number of bytes." });
  }
  return Number(offset);
}

function appendProblem(fault: AppendFault): ProblemError {
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
  }
}
