/**
 * ISO 3166-1 alpha-2 codes. The place of a code in this list is its bit in every compiled availability record, so the
 * list only ever grows at its end.
 */
const CODES =
  "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA " +
  "CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA " +
  "GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP " +
  "KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS " +
  "MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS " +
  "RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW " +
  "TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

export const TERRITORIES: readonly string[] = CODES.split(" ");

/** Room for every code there can be soon: a record's length does not change when a country is added. */
export const TERRITORY_BITSET_BYTES = 32;

const INDEX_BY_CODE: ReadonlyMap<string, number> = new Map(TERRITORIES.map((code, index) => [code, index]));

export function isTerritory(code: string): boolean {
  return INDEX_BY_CODE.has(code);
}

export function territoryBitset(codes: Iterable<string>): Uint8Array<ArrayBuffer> {
  const bitset = new Uint8Array(TERRITORY_BITSET_BYTES);
  for (const code of codes) {
    const index = INDEX_BY_CODE.get(code);
    if (index === undefined) throw new RangeError(`${code} is no ISO 3166-1 code`);
    bitset[index >> 3] = (bitset[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return bitset;
}

/** False for a code that is in no list: what is not known to be granted is not. */
export function bitsetHas(bitset: Uint8Array, code: string): boolean {
  const index = INDEX_BY_CODE.get(code);
  return index !== undefined && ((bitset[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
}
