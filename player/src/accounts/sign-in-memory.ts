/** Whether somebody was signed in here when it was last known: the cookie itself cannot be seen by scripts. */
import { readStored, writeStored } from "../app/stored-value.ts";

const NAME = "signed-in";
let remembered = readStored(NAME) === true;

export function isSignInRemembered(): boolean {
  return remembered;
}

/** Whether this was news. */
export function rememberSignIn(isSignedIn: boolean): boolean {
  if (isSignedIn === remembered) return false;
  remembered = isSignedIn;
  writeStored(NAME, isSignedIn);
  return true;
}
