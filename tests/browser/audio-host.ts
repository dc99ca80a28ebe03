/** Hosts of the sound beside the service's own: that can die, that say nothing, and that are dead from the beginning. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as wait } from "node:timers/promises";

const PIECE_EVERY_MS = 50;

export interface AudioHost {
  readonly origin: string;
  /** Requests until now. */
  readonly asked: () => number;
  /** Connections are cut, and new ones refused. */
  readonly die: () => Promise<void>;
}

/** Another origin of the service, as a second host name would be. It sends no faster than it is told to; at 0 it never answers. */
export async function startAudioHost(
  serviceUrl: string,
  bytesPerSecond = Number.POSITIVE_INFINITY,
): Promise<AudioHost> {
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    if (bytesPerSecond === 0) return;
    // A client that has enough, or a host that dies, cuts the connection.
    void handOn(serviceUrl, bytesPerSecond, request, response).catch(() => response.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    die: async () => {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** An origin at which nobody listens. */
export async function closedOrigin(): Promise<string> {
  const host = await startAudioHost("");
  await host.die();
  return host.origin;
}

async function handOn(
  serviceUrl: string,
  bytesPerSecond: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const open = { "access-control-allow-origin": "*", "access-control-allow-headers": "range" };
  if (request.method === "OPTIONS") {
    response.writeHead(204, open).end();
    return;
  }
  const { range } = request.headers;
  const answer = await fetch(serviceUrl + request.url, { headers: range === undefined ? {} : { range } });
  response.writeHead(answer.status, { ...Object.fromEntries(answer.headers), ...open });
  const body = Buffer.from(await answer.arrayBuffer());
  await pipeline(Readable.from(pieces(body, bytesPerSecond)), response);
}

async function* pieces(body: Buffer, bytesPerSecond: number): AsyncGenerator<Buffer> {
  const pieceBytes = Math.min(body.length, Math.ceil((bytesPerSecond * PIECE_EVERY_MS) / 1_000));
  for (let sent = 0; sent < body.length; sent += pieceBytes) {
    yield body.subarray(sent, sent + pieceBytes);
    if (pieceBytes < body.length) await wait(PIECE_EVERY_MS);
  }
}
