import { describe, expect, it } from "vitest";
import { BASIS_POINTS_TOTAL, checkSplitSheet, SPLIT_SHARES_MAX, type SplitShare } from "./split-sheet.ts";

function share(party: string, basisPoints: number, role: SplitShare["role"] = "performer"): SplitShare {
  return { party, role, basisPoints };
}

describe("a split sheet", () => {
  it("shares the whole among parties and roles [ING-96]", () => {
    const shares = [share("Ada", 3_333), share("Ada", 3_333, "composer"), share("Ben", 3_334)];
    expect(checkSplitSheet(shares)).toEqual({ ok: true, value: shares });
    expect(checkSplitSheet([share("Ada", BASIS_POINTS_TOTAL)]).ok).toBe(true);
  });

  it.each([9_999, 10_001])("of %d basis points is none [ING-96]", (basisPoints) => {
    const shares = [share("Ada", 5_000), share("Ben", basisPoints - 5_000)];
    expect(checkSplitSheet(shares)).toEqual({ ok: false, error: { kind: "sum", basisPoints } });
  });

  it("has whole shares of somebody, each named once for a role [ING-96]", () => {
    const faultOf = (shares: readonly SplitShare[]) => {
      const checked = checkSplitSheet(shares);
      return checked.ok ? null : checked.error;
    };
    expect(faultOf([])).toEqual({ kind: "empty" });
    for (const basisPoints of [0, -1, 0.5, Number.NaN, 10_001]) {
      expect(faultOf([share("Ada", 1), share("Ben", basisPoints)])).toEqual({ kind: "not-a-share", index: 1 });
    }
    expect(faultOf([share("Ada", 5_000), share("Ada", 5_000)])).toEqual({ kind: "repeated", index: 1 });
    const many = Array.from({ length: SPLIT_SHARES_MAX + 1 }, (_, index) => share(`P${index}`, 1));
    expect(faultOf(many)).toEqual({ kind: "too-many" });
  });
});
