import { expect, test } from "vitest";
import { hashFile } from "./file-hash.ts";

test("hashes a file and tells how far it is", async () => {
  const progress: number[] = [];
  const hash = await hashFile(new Blob(["abc"]), (bytes) => progress.push(bytes));
  // The example of FIPS 180-2, appendix B.1.
  expect(hash).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(progress.at(-1)).toBe(3);
});

test("goes on with the next file after one that cannot be read", async () => {
  const broken = new Blob(["x"]);
  broken.stream = () => {
    throw new DOMException("gone", "NotReadableError");
  };
  await expect(hashFile(broken, () => undefined)).rejects.toThrow("gone");
  await expect(hashFile(new Blob([]), () => undefined)).resolves.toMatch(/^e3b0c44/);
});
