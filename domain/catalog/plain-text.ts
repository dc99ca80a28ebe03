/** Text that people read: what may be in it, and what is made of text from files. */

/** Control characters, and those that turn the direction of the text around them. */
const HIDDEN_PATTERN = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;
const VISIBLE_PATTERN = /[\p{L}\p{N}\p{P}\p{S}]/u;

export function isPlainText(text: string): boolean {
  return text.isWellFormed() && !HIDDEN_PATTERN.test(text);
}

/** There is something to see in it. */
export function hasVisibleText(text: string): boolean {
  return VISIBLE_PATTERN.test(text);
}

/** The text as we would take it: composed, trimmed, with a space for what may not be in it. */
export function toPlainText(text: string): string {
  return text.toWellFormed().replaceAll(new RegExp(HIDDEN_PATTERN, "gu"), " ").normalize("NFC").trim();
}
