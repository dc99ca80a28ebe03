import { expect, test } from "vitest";
import { AudioHosts, PlaybackHosts } from "./audio-hosts.ts";

const [ONE, TWO, THREE] = ["https://one.example", "https://two.example", "https://three.example"] as const;
const ALL = [ONE, TWO, THREE];

test("begins with the preferred host, and with the page's own where none is named [PLB-4]", () => {
  expect(new PlaybackHosts(new AudioHosts(), ALL).current).toBe(ONE);
  for (const none of [[], undefined]) {
    const hosts = new PlaybackHosts(new AudioHosts(), none);
    expect([hosts.current, hosts.hasAnother]).toEqual(["", false]);
  }
});

test("asks each host once, and then says which is the best to try again [PLB-4]", () => {
  const hosts = new PlaybackHosts(new AudioHosts(), ALL);
  const asked = [hosts.current];
  while (hosts.leave()) asked.push(hosts.current);
  expect(asked).toEqual(ALL);
  expect([hosts.current, hosts.hasAnother]).toEqual([ONE, false]);
  expect(hosts.leave()).toBe(false);
});

test("has another try of each after it has played well for a while [PLB-4]", () => {
  const hosts = new PlaybackHosts(new AudioHosts(), [ONE, TWO]);
  expect([hosts.leave(), hosts.current, hosts.hasAnother]).toEqual([true, TWO, false]);
  hosts.settle();
  expect(hosts.hasAnother).toBe(true);
  expect([hosts.leave(), hosts.current]).toEqual([true, ONE]);
});

test("begins later tracks with the host that works, on this page alone [PLB-6]", () => {
  const page = new AudioHosts();
  const first = new PlaybackHosts(page, ALL);
  first.leave();
  expect(new PlaybackHosts(page, ALL).current).toBe(TWO);
  first.leave();
  expect(new PlaybackHosts(page, ALL).current).toBe(THREE);
  // All have failed: the one that did so longest ago has had the most time to come back.
  first.leave();
  expect(page.inOrder(ALL)).toEqual(ALL);
  expect(new PlaybackHosts(new AudioHosts(), ALL).current).toBe(ONE);
});

test("forgets nothing of a host that is not named for a while, and leaves one that is named no more [PLB-6]", () => {
  const page = new AudioHosts();
  const hosts = new PlaybackHosts(page, [ONE, TWO]);
  hosts.leave();
  hosts.take([THREE, TWO]);
  expect(hosts.current).toBe(TWO);
  hosts.take([THREE]);
  expect([hosts.current, hosts.hasAnother]).toEqual([THREE, false]);
  expect(page.inOrder([ONE, TWO])).toEqual([TWO, ONE]);
  hosts.take();
  expect(hosts.current).toBe("");
});
