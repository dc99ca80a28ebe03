import { describe, expect, it } from "vitest";
import { evaluatePreconditions, rangeApplies } from "./preconditions.ts";

const ETAG = `"${"ab".repeat(32)}"`;

function outcome(ifMatch: string | null, ifNoneMatch: string | null) {
  return evaluatePreconditions({ ifMatch, ifNoneMatch }, ETAG);
}

describe("preconditions", () => {
  it("hold where there are none [DLV-5]", () => {
    expect(outcome(null, null)).toBe("proceed");
  });

  it.each([ETAG, "*", ` ${ETAG} `, `W/${ETAG}`, `"other", ${ETAG}`, `"a,b",W/${ETAG},"c"`])(
    "If-None-Match: %s finds the representation unchanged, comparing weakly [DLV-5]",
    (header) => {
      expect(outcome(null, header)).toBe("not-modified");
    },
  );

  it.each(['"other"', "", ETAG.slice(1, -1), `w/${ETAG.slice(0, -1)}x"`, '"other", *'])(
    "If-None-Match: %s does not [DLV-5]",
    (header) => {
      expect(outcome(null, header)).toBe("proceed");
    },
  );

  it.each([ETAG, "*", `"other",${ETAG}`])("If-Match: %s holds [DLV-5]", (header) => {
    expect(outcome(header, null)).toBe("proceed");
  });

  it.each(['"other"', `W/${ETAG}`, "", ETAG.slice(1, -1)])(
    "If-Match: %s fails, comparing strongly [DLV-5]",
    (header) => {
      expect(outcome(header, null)).toBe("failed");
    },
  );

  it("look at If-Match first [DLV-5]", () => {
    expect(outcome('"other"', ETAG)).toBe("failed");
    expect(outcome(ETAG, ETAG)).toBe("not-modified");
  });

  it("let a range through for the very tag, and for no other, no weak one and no date [DLV-6]", () => {
    expect(rangeApplies(null, ETAG)).toBe(true);
    expect(rangeApplies(ETAG, ETAG)).toBe(true);
    for (const other of [`W/${ETAG}`, '"other"', "*", "", "Fri, 27 Nov 2026 00:00:00 GMT", `${ETAG}, ${ETAG}`]) {
      expect(rangeApplies(other, ETAG), other).toBe(false);
    }
  });
});
