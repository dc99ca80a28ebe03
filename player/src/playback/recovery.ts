/** How a playback goes on whose media failed: from another host, or with fresh URLs from the same one. */
import { SECOND_MS } from "#domain/foundation/time.ts";
import { ApiError } from "../api/problem.ts";
import type { MediaFault } from "./deck.ts";
import { brokenTrack, type ListeningSession, renewSession } from "./listening-session.ts";

/** What the service has said so lately need not be asked again: in an outage everybody would. */
const WORD_FRESH_MS = 15 * SECOND_MS;
/** Nothing is heard meanwhile. */
const ANSWER_WAIT_MS = 4 * SECOND_MS;

/**
 * Changes the session so that its media can be loaded again, from the host that it then names. Throws ApiError where it
 * may not go on, and where everything was tried.
 */
export async function findWayOn(session: ListeningSession, fault: MediaFault): Promise<void> {
  session.isRecovering = true;
  try {
    const isUrlOld = session.deckUrlIsOld || session.expiresAtMs <= Date.now();
    await askWhetherItMayGoOn(session);
    // An element does not say what it was answered: a URL that may have run out is renewed before its host is doubted.
    const isHostInDoubt = fault === "starved" || (fault === "loading" && (!isUrlOld || session.hasRecovered));
    if (isHostInDoubt && session.hosts.leave()) return;
    if (session.hasRecovered) throw brokenTrack();
    session.hasRecovered = true;
  } finally {
    session.isRecovering = false;
  }
}

/**
 * A host that refuses and one that is dead look alike from here, so the service is asked, by whose word hosts refuse.
 * Where it does not answer, the URLs at hand are good until they end.
 */
async function askWhetherItMayGoOn(session: ListeningSession): Promise<void> {
  if (Date.now() - session.grantedAtMs < WORD_FRESH_MS) return;
  try {
    await renewSession(session, AbortSignal.timeout(ANSWER_WAIT_MS));
  } catch (error) {
    const refusal = error instanceof ApiError ? error : brokenTrack();
    const isRefused = refusal.status >= 400 && refusal.status < 500;
    if (isRefused || session.expiresAtMs <= Date.now()) throw refusal;
  }
}
