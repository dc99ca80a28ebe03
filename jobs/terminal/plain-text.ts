/** Text from files and services, made fit to print: a name must not be able to steer the terminal. */

/** Control characters, and those that turn the direction of what follows. */
const UNPRINTABLE = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

export function plainText(text: string): string {
  return text.replaceAll(UNPRINTABLE, "\ufffd");
}
