/** More words than anyone types; each one costs an intersection. */
export const SEARCH_WORDS_MAX = 8;

/**
 * What a listener typed as an FTS5 query: every word must be there, each as a prefix, since the last is often half
 * typed. Words are quoted, so nothing typed is an operator. Null where there is no word.
 */
export function toSearchQuery(typed: string): string | null {
  // Names are mostly stored composed, and some keyboards type the parts: to the tokenizer these are other letters.
  const words = typed.normalize("NFC").match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu);
  if (words === null) return null;
  return words
    .slice(0, SEARCH_WORDS_MAX)
    .map((word) => `"${word}"*`)
    .join(" AND ");
}
