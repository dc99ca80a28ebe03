/** Marks that decorate a letter of these scripts, and are left out as often as not: accents, vowel points. */
const DECORATION =
  /(?<=[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Arabic}\p{Script=Hebrew}]\p{Mn}*)\p{Mn}/gu;

/**
 * A name folded for matching: without case, accents, width, punctuation and doubled spaces. Two names with one key are
 * taken for one name. A name of punctuation alone keeps it ("!!!" is a band), and so do scripts in which a mark is part
 * of the letter: が is not か, and a vowel of Devanagari or Thai is written as one.
 */
export function nameKey(name: string): string {
  const folded = name.normalize("NFKD").replaceAll(DECORATION, "").normalize("NFC").toLowerCase();
  const words = folded.match(/[\p{L}\p{N}\p{M}]+/gu);
  return words === null ? folded.replaceAll(/\s+/g, " ").trim() : words.join(" ");
}
