import { afterEach, describe, expect, it, vi } from "vitest";
import { DELIVERIES_PER_REPORT_MAX, type DeliveryReport } from "#domain/delivery/delivery-report.ts";
import type { PlaybackId } from "#domain/foundation/ids.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import { ask, begin, edgeEnv, publish, RENDITION_BYTES, signedPath } from "../edge-fixtures.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** A queue that writes down what it takes, and an env of its own, so that nothing of another test is in the sums. */
function watchedQueue(failures = 0) {
  const reports: DeliveryReport[] = [];
  let left = failures;
  const send = async (report: DeliveryReport) => {
    if (left-- > 0) throw new Error("down");
    reports.push(report);
  };
  const env = { ...edgeEnv, DELIVERIES: { send } as unknown as Queue, DELIVERY_REPORT_SECONDS: "0.05" };
  return { reports, env };
}

async function listen(env: EdgeEnv, path: string, range: string) {
  const { answer, settled } = await begin(path, { headers: { range }, env });
  await answer.arrayBuffer();
  return settled;
}

describe("what has been delivered", () => {
  it("is one report for many ranges of many playbacks, bytes of cache and bucket apart [DEL-1]", async () => {
    const { reports, env } = watchedQueue();
    const rendition = await publish();
    const [one, two] = [freshId<PlaybackId>(), freshId<PlaybackId>()];
    await (await listen(env, await signedPath(rendition, { playback: one }), "bytes=0-99"))();
    const waiting = [];
    for (const playback of [one, two, two]) {
      waiting.push(await listen(env, await signedPath(rendition, { playback }), "bytes=100-399"));
    }
    await Promise.all(waiting.map((settled) => settled()));
    const deliveries = reports.flatMap((report) => report.deliveries);
    expect(reports.length).toBeLessThanOrEqual(2);
    const sumOf = (playback: PlaybackId) =>
      deliveries
        .filter((delivery) => delivery.playback === playback)
        .map(({ ranges, cacheRanges, cacheBytes, originBytes }) => [ranges, cacheRanges, cacheBytes, originBytes])
        .reduce((sum, next) => sum.map((value, i) => value + (next[i] ?? 0)));
    expect(sumOf(one)).toEqual([2, 1, 300, 100]);
    expect(sumOf(two)).toEqual([2, 2, 600, 0]);
    expect(deliveries[0]).toMatchObject({ track: rendition.track, country: "DE", quality: "vorbis-160" });
  });

  it("counts the whole where the whole is sent, and nothing for what is refused or unchanged [DEL-1]", async () => {
    const { reports, env } = watchedQueue();
    const rendition = await publish();
    const path = await signedPath(rendition);
    const settle = async (headers: Readonly<Record<string, string>>, country?: string) => {
      const { answer, settled } = await begin(path, { headers, env, ...(country === undefined ? {} : { country }) });
      await answer.arrayBuffer();
      await settled();
    };
    await settle({ "if-none-match": `"${rendition.sha256}"` });
    await settle({ range: "bytes=10000-" });
    await settle({}, "XX");
    expect(reports).toEqual([]);
    await settle({});
    expect(reports.flatMap(({ deliveries }) => deliveries)).toMatchObject([
      { ranges: 1, originBytes: RENDITION_BYTES },
    ]);
  });

  it("goes on where the queue is down, and is reported when it is back [DEL-2]", async () => {
    vi.spyOn(console, "error").mockReturnValue(undefined);
    const { reports, env } = watchedQueue(1);
    const path = await signedPath(await publish());
    await (await listen(env, path, "bytes=0-99"))();
    expect(reports).toEqual([]);
    await (await listen(env, path, "bytes=100-199"))();
    expect(reports.flatMap(({ deliveries }) => deliveries)).toMatchObject([{ ranges: 2 }]);
  });

  it("fits a message: a full report goes at once [DEL-1]", async () => {
    const { reports, env } = watchedQueue();
    const rendition = await publish();
    const waiting = [];
    for (let i = 0; i <= DELIVERIES_PER_REPORT_MAX; i++) {
      waiting.push(await listen(env, await signedPath(rendition), "bytes=0-0"));
    }
    await Promise.all(waiting.map((settled) => settled()));
    const sizes = reports.map(({ deliveries }) => deliveries.length);
    expect(sizes.reduce((a, b) => a + b)).toBe(DELIVERIES_PER_REPORT_MAX + 1);
    for (const report of reports) {
      expect(report.deliveries.length).toBeLessThanOrEqual(DELIVERIES_PER_REPORT_MAX);
      expect(JSON.stringify(report).length).toBeLessThan(128_000);
    }
    expect(new Set(reports.map(({ id }) => id)).size).toBe(reports.length);
  });

  it("does not hold up the answer [DEL-2]", async () => {
    const hanging = { send: () => new Promise(() => undefined) } as unknown as Queue;
    const path = await signedPath(await publish());
    const { answer } = await begin(path, { env: { ...edgeEnv, DELIVERIES: hanging, DELIVERY_REPORT_SECONDS: "0" } });
    expect((await answer.arrayBuffer()).byteLength).toBe(RENDITION_BYTES);
    expect((await ask(path)).status).toBe(200);
  });
});
