/** What a file's name tells before anything is read of it. */
import type { UploadBody } from "#workers/ingest/uploads/uploads-contract.ts";

type ContentType = UploadBody["file"]["content_type"];

const CONTENT_TYPES: Readonly<Record<string, ContentType>> = {
  wav: "audio/wav",
  wave: "audio/wav",
  aif: "audio/aiff",
  aiff: "audio/aiff",
  aifc: "audio/aiff",
  flac: "audio/flac",
  mp3: "audio/mpeg",
  m4a: "audio/mp4",
  mp4: "audio/mp4",
  aac: "audio/mp4",
  ogg: "audio/ogg",
  oga: "audio/ogg",
  opus: "audio/ogg",
};

/** For the file picker. Anything may be dropped: what a file really is, the service finds out from its bytes. */
export const AUDIO_ACCEPT = ["audio/*", ...Object.keys(CONTENT_TYPES).map((extension) => `.${extension}`)].join(",");

export function contentTypeOf(fileName: string): ContentType {
  return CONTENT_TYPES[extensionOf(fileName)] ?? "application/octet-stream";
}

/** `03 - So_What.wav` is "So What". A name of nothing but a number keeps it. */
export function titleOf(fileName: string): string {
  const extension = extensionOf(fileName);
  const name = extension === "" ? fileName : fileName.slice(0, -(extension.length + 1));
  const spaced = name.replaceAll("_", " ").replaceAll(/\s+/g, " ").trim();
  const unnumbered = spaced.replace(/^(?:\d{1,2}-)?\d{1,3}(?:\s*[-.–]\s*|\s+)(?=\S)/, "");
  return unnumbered === "" ? spaced : unnumbered;
}

/** In the order of the numbers in their names, so that 10 comes after 9. */
export function inTrackOrder<T extends { readonly name: string }>(files: readonly T[]): T[] {
  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  return [...files].sort((a, b) => collator.compare(a.name, b.name));
}

function extensionOf(fileName: string): string {
  const dot = fileName.lastIndexOf(".");
  return dot <= 0 ? "" : fileName.slice(dot + 1).toLowerCase();
}
