/** What went wrong, in words for the person who runs the program. */

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A sentence for what the person can mend; for a bug the stack, which is for us. */
export function failureText(error: unknown): string {
  return isBug(error) ? (error.stack ?? error.message) : messageOf(error);
}

/** Node's own refusals, of an unknown option for one, are TypeErrors too, but with a code. */
function isBug(error: unknown): error is Error {
  return (error instanceof TypeError || error instanceof ReferenceError) && !("code" in error);
}
