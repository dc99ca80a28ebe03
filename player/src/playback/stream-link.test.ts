import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type LinkEvents, type LinkSocket, PAUSED_LINK_MS, StreamLink } from "./stream-link.ts";
import { deviceNameOf } from "./stream-session.ts";

const BEAT_MS = 15_000;

/** The network, as the link meets it: sockets that open and answer as they are told to. */
class Network {
  readonly sockets: FakeSocket[] = [];
  readonly heartbeats: string[] = [];
  isUp = true;
  isDisplaced = false;
  readonly displacedBy: (string | null)[] = [];
  readonly link = new StreamLink({
    openSocket: async (events) => {
      if (!this.isUp) throw new Error("no network");
      const socket = new FakeSocket(events);
      this.sockets.push(socket);
      return socket;
    },
    heartbeat: async (playbackId) => {
      this.heartbeats.push(playbackId);
      return this.isDisplaced;
    },
    onDisplaced: (device) => this.displacedBy.push(device),
    random: () => 0.5,
  });

  async open(): Promise<FakeSocket> {
    await vi.advanceTimersByTimeAsync(0);
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("no socket was asked for");
    socket.events.onOpen();
    return socket;
  }
}

class FakeSocket implements LinkSocket {
  readonly events: LinkEvents;
  readonly sent: string[] = [];
  isClosed = false;

  constructor(events: LinkEvents) {
    this.events = events;
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.isClosed = true;
  }
}

let network: Network;

beforeEach(() => {
  vi.useFakeTimers();
  network = new Network();
});

afterEach(() => {
  network.link.close();
  vi.useRealTimers();
});

test("gives a sign of life every 15 s over its socket, and none by HTTP [STR-14]", async () => {
  network.link.follow("playing", "p1");
  const socket = await network.open();
  for (let beat = 1; beat <= 4; beat++) {
    await vi.advanceTimersByTimeAsync(BEAT_MS);
    expect(socket.sent).toHaveLength(beat);
    socket.events.onMessage("pong");
  }
  expect(network.heartbeats).toEqual([]);
  expect(network.sockets).toHaveLength(1);
});

test("gives them by HTTP for as long as there is no socket, and tries for one at growing distances [STR-14]", async () => {
  network.isUp = false;
  network.link.follow("playing", "p1");
  await vi.advanceTimersByTimeAsync(2 * BEAT_MS);
  expect(network.heartbeats).toEqual(["p1", "p1"]);
  network.isUp = true;
  await vi.advanceTimersByTimeAsync(2 * BEAT_MS);
  const socket = await network.open();
  const before = network.heartbeats.length;
  await vi.advanceTimersByTimeAsync(BEAT_MS);
  expect(socket.sent).toEqual(["ping"]);
  expect(network.heartbeats).toHaveLength(before);
});

test("takes a socket that does not answer for dead [STR-14]", async () => {
  network.link.follow("playing", "p1");
  const socket = await network.open();
  await vi.advanceTimersByTimeAsync(2 * BEAT_MS);
  expect(socket.isClosed).toBe(true);
  await vi.advanceTimersByTimeAsync(BEAT_MS);
  expect(network.sockets).toHaveLength(2);
});

test("says who took over, once, and is over then [STR-15]", async () => {
  network.link.follow("playing", "p1");
  const socket = await network.open();
  for (const data of ["pong", "{", "null", '{"type":"later"}', '{"type":"hello"}']) socket.events.onMessage(data);
  expect(network.displacedBy).toEqual([]);
  const message = { type: "displaced", at: "2026-11-23T12:00:00.000Z", by: { device_name: "Firefox on Linux" } };
  for (let times = 0; times < 2; times++) socket.events.onMessage(JSON.stringify(message));
  expect(network.displacedBy).toEqual(["Firefox on Linux"]);
  expect(socket.isClosed).toBe(true);
  await vi.advanceTimersByTimeAsync(10 * BEAT_MS);
  expect(network.sockets).toHaveLength(1);
});

test("hears of it by HTTP where there is no socket [STR-15]", async () => {
  network.isUp = false;
  network.isDisplaced = true;
  network.link.follow("playing", "p1");
  await vi.advanceTimersByTimeAsync(4 * BEAT_MS);
  expect(network.displacedBy).toEqual([null]);
  expect(network.heartbeats).toEqual(["p1"]);
});

test("stays for five minutes of a pause and no longer, and comes back with the sound [STR-14]", async () => {
  network.link.follow("playing", "p1");
  const socket = await network.open();
  const answering = setInterval(() => socket.events.onMessage("pong"), 1_000);
  network.link.follow("paused", "p1");
  await vi.advanceTimersByTimeAsync(PAUSED_LINK_MS - 1);
  expect(socket.isClosed).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(socket.isClosed).toBe(true);
  clearInterval(answering);
  network.link.follow("playing", "p1");
  await network.open();
  expect(network.sockets).toHaveLength(2);
  network.link.follow("idle", null);
  expect(network.sockets[1]?.isClosed).toBe(true);
});

test("keeps its socket from one track to the next, and gives it up where the music stops [STR-14]", async () => {
  network.link.follow("loading", null);
  await vi.advanceTimersByTimeAsync(0);
  expect(network.sockets).toEqual([]);
  network.link.follow("playing", "p1");
  const socket = await network.open();
  network.link.follow("loading", null);
  network.link.follow("playing", "p2");
  expect(socket.isClosed).toBe(false);
  expect(network.sockets).toHaveLength(1);
  network.link.follow("paused", null);
  expect(socket.isClosed).toBe(true);
});

test("names a device by its browser and system, and nothing more [STR-16]", () => {
  const linux = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)";
  expect(deviceNameOf(`${linux} Chrome/156.0.0.0 Safari/537.36`)).toBe("Chrome on Linux");
  expect(deviceNameOf(`${linux} Chrome/156.0.0.0 Safari/537.36 Edg/156.0`)).toBe("Edge on Linux");
  expect(deviceNameOf("Mozilla/5.0 (Windows NT 10.0; rv:150.0) Gecko/20100101 Firefox/150.0")).toBe(
    "Firefox on Windows",
  );
  expect(deviceNameOf("Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) Version/26.0 Safari/604.1")).toBe(
    "Safari on iOS",
  );
  expect(deviceNameOf("curl/8.0")).toBe("A browser");
});
