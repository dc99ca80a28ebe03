import type { Style, StyleName } from "../style.ts";
import { AMBIENT } from "./ambient.ts";
import { BOSSA } from "./bossa.ts";
import { FOLK } from "./folk.ts";
import { LO_FI } from "./lo-fi.ts";
import { MALLETS } from "./mallets.ts";
import { MINIMAL_TECHNO } from "./minimal-techno.ts";
import { NOCTURNE } from "./nocturne.ts";
import { SYNTH_POP } from "./synth-pop.ts";
import { WALTZ } from "./waltz.ts";

export const STYLES: Readonly<Record<StyleName, Style>> = {
  "lo-fi": LO_FI,
  bossa: BOSSA,
  nocturne: NOCTURNE,
  mallets: MALLETS,
  waltz: WALTZ,
  folk: FOLK,
  "synth-pop": SYNTH_POP,
  "minimal-techno": MINIMAL_TECHNO,
  ambient: AMBIENT,
};
