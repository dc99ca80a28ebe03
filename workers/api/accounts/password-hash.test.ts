import { describe, expect, it } from "vitest";
import { hashPassword, verifyPassword } from "./password-hash.ts";

describe("password hashes", () => {
  it("verify the password they were made of and no other", async () => {
    const hash = await hashPassword("correct horse battery");
    expect(await verifyPassword({ hash, password: "correct horse battery" })).toBe(true);
    expect(await verifyPassword({ hash, password: "correct horse batterz" })).toBe(false);
    expect(await verifyPassword({ hash, password: "" })).toBe(false);
  });

  it("name their parameters and differ for the same password", async () => {
    const [one, other] = await Promise.all([hashPassword("the same"), hashPassword("the same")]);
    expect(one).toMatch(/^\$scrypt\$ln=14,r=8,p=5\$/);
    expect(other).not.toBe(one);
  });

  it("agree with another implementation of scrypt, under other parameters", async () => {
    // Python: hashlib.scrypt(b"pleaseletmein", salt=b"SodiumChloride16", n=2**13, r=8, p=2, dklen=32)
    const hash = "$scrypt$ln=13,r=8,p=2$U29kaXVtQ2hsb3JpZGUxNg$dPpymJ5Lwa9N9NMdo--GukbX2fGCQIcl3M5TLiF3vJ0";
    expect(await verifyPassword({ hash, password: "pleaseletmein" })).toBe(true);
    expect(await verifyPassword({ hash, password: "pleaseletmeout" })).toBe(false);
  });

  it("take one spelling of what looks alike", async () => {
    const hash = await hashPassword("caf\u00e9 cr\u00e8me");
    expect(await verifyPassword({ hash, password: "cafe\u0301 cre\u0300me" })).toBe(true);
  });

  it.each([
    ["nothing", ""],
    ["another scheme", "5f4dcc3b5aa765d61d8327deb882cf99:8a2b"],
    ["a cost above what is ever computed", `$scrypt$ln=20,r=8,p=1$${"A".repeat(22)}$${"A".repeat(43)}`],
    ["a short hash", `$scrypt$ln=14,r=8,p=1$${"A".repeat(22)}$${"A".repeat(42)}`],
  ])("throw for a stored hash that is %s", async (_what, hash) => {
    await expect(verifyPassword({ hash, password: "anything" })).rejects.toThrow("not of the form");
  });
});
