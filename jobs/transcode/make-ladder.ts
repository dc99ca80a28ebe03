/** Makes all that is made of a master, as much at a time as there are processor cores. */
import { type LadderCodec, type LadderProfile, MADE_PROFILES, PREVIEW } from "#domain/ingest/ladder.ts";
import { runTogether, type Slots } from "#jobs/slots.ts";
import type { CheckedMaster } from "./check-master.ts";
import { encodeRendition, type Rendition } from "./encode-rendition.ts";
import { excerptOf } from "./rendition-arguments.ts";

export interface LadderTask {
  readonly master: CheckedMaster;
  readonly folder: string;
  /** One for each ffmpeg process that may run at a time. */
  readonly encoders: Slots;
  /** In frames of the master. */
  readonly previewStartFrame: number;
  readonly onBegin: (profile: LadderProfile) => void;
  readonly onMade: () => void;
}

export const PREVIEW_SECONDS = 30;
/** What takes longest begins first: a core that has nothing left to do at the end then waits for something short. */
const LONGEST_FIRST: readonly LadderCodec[] = ["vorbis", "mp3", "opus", "aac", "flac"];

/** In no order. The first that fails stops the others and is thrown. */
export function makeLadder(task: LadderTask, signal: AbortSignal): Promise<Rendition[]> {
  const { master, folder, encoders, previewStartFrame } = task;
  const preview = excerptOf(master, previewStartFrame, PREVIEW_SECONDS);
  const tasks = MADE_PROFILES.toSorted((one, other) => turnOf(one) - turnOf(other)).map(
    (profile) => (stop: AbortSignal) =>
      encoders.run(async () => {
        stop.throwIfAborted();
        task.onBegin(profile);
        const stretch = profile.id === PREVIEW.id ? { stretch: preview } : {};
        const rendition = await encodeRendition({ profile, master, folder, ...stretch }, stop);
        task.onMade();
        return rendition;
      }),
  );
  return runTogether(tasks, signal);
}

function turnOf({ id, codec }: LadderProfile): number {
  return id === PREVIEW.id ? LONGEST_FIRST.length : LONGEST_FIRST.indexOf(codec);
}
