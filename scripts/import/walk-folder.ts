/** Finds the audio files under a folder. Links are not followed: they can lead out of it, or round in circles. */
import { opendir, realpath, stat } from "node:fs/promises";
import { basename, extname, join, relative, sep } from "node:path";
import type { UploadBody } from "#workers/ingest/uploads/uploads-contract.ts";

export interface AudioFile {
  readonly path: string;
  /** Below the folder, with `/` between names. */
  readonly relativePath: string;
  readonly sizeBytes: number;
  readonly contentType: UploadBody["file"]["content_type"];
}

export interface FoundFiles {
  /** The folder's own name: an album's, where the files lie right in it. */
  readonly rootName: string;
  readonly files: readonly AudioFile[];
}

const CONTENT_TYPES: Readonly<Record<string, AudioFile["contentType"]>> = {
  ".wav": "audio/wav",
  ".wave": "audio/wav",
  ".aif": "audio/aiff",
  ".aiff": "audio/aiff",
  ".aifc": "audio/aiff",
  ".flac": "audio/flac",
  ".mp3": "audio/mpeg",
  ".m4a": "audio/mp4",
  ".mp4": "audio/mp4",
  ".ogg": "audio/ogg",
  ".oga": "audio/ogg",
  ".opus": "audio/ogg",
  ".aac": "application/octet-stream",
};

const DEPTH_MAX = 32;
export const FILES_MAX = 100_000;

/** Sorted as people count: `2` before `10`. Throws where the folder cannot be read. */
export async function walkFolder(folder: string): Promise<FoundFiles> {
  const root = await realpath(folder);
  const files: AudioFile[] = [];
  await collect(root, root, 0, files);
  const order = new Intl.Collator("en", { numeric: true });
  files.sort((a, b) => order.compare(a.relativePath, b.relativePath));
  return { rootName: basename(root), files };
}

async function collect(root: string, folder: string, depth: number, files: AudioFile[]): Promise<void> {
  if (depth > DEPTH_MAX) throw new Error(`${folder} is more than ${DEPTH_MAX} folders deep`);
  for await (const entry of await opendir(folder)) {
    // Hidden files, and what macOS puts beside each file on foreign disks (._name).
    if (entry.name.startsWith(".")) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await collect(root, path, depth + 1, files);
    const contentType = CONTENT_TYPES[extname(entry.name).toLowerCase()];
    if (!entry.isFile() || contentType === undefined) continue;
    if (files.length >= FILES_MAX) throw new Error(`there are more than ${FILES_MAX} audio files: import part of them`);
    const { size: sizeBytes } = await stat(path);
    files.push({ path, relativePath: relative(root, path).split(sep).join("/"), sizeBytes, contentType });
  }
}
