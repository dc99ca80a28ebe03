/** Another server that hands out ranges to those who may have them. */
import type { Rendition } from "./edge-system.ts";

export interface Rival extends AsyncDisposable {
  /** The process whose CPU counts, with all that it has started. */
  readonly pid: number;
  readonly port: number;
  /** The path, with what proves the listener's right to it, of at least as many bytes as the rendition has. */
  pathOf(rendition: Rendition): Promise<string>;
}

/** Null where the program is not on this machine; throws where it is, but cannot be started. */
export type StartRival = (renditions: readonly Rendition[], progress: (line: string) => void) => Promise<Rival | null>;

/** Null, with a line that says why, where there is nothing to measure. */
export async function startOrExplain(
  name: string,
  start: StartRival,
  ...[renditions, progress]: Parameters<StartRival>
): Promise<Rival | null> {
  try {
    const rival = await start(renditions, progress);
    if (rival === null) progress(`${name} is not on PATH: its figures are null.`);
    return rival;
  } catch (error) {
    progress(`${name} could not be started, its figures are null: ${error instanceof Error ? error.message : error}`);
    return null;
  }
}
