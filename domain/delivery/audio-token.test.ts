import { describe, expect, it } from "vitest";
import { LADDER } from "#domain/ingest/ladder.ts";
import { AUDIO_MIME_TYPES, audioPath, parseAudioPath, renditionKey } from "./audio-token.ts";

const NAME = { sha256: "0a".repeat(32), extension: "ogg" };
const PATH = audioPath(NAME);

describe("the path of a rendition", () => {
  it.each(["ogg", "flac", "mp3"])("names a file of the kind %s and its place in the bucket [DLV-8]", (extension) => {
    const name = { ...NAME, extension };
    expect(parseAudioPath(audioPath(name))).toEqual(name);
    expect(renditionKey(name)).toBe(`a/${NAME.sha256}.${extension}`);
  });

  it("is of the kinds that the ladder makes, and of no other [DLV-8]", () => {
    const made = Object.fromEntries(LADDER.map(({ extension, mimeType }) => [extension, mimeType]));
    expect(AUDIO_MIME_TYPES).toEqual(made);
    for (const extension of Object.keys(made)) expect(parseAudioPath(audioPath({ ...NAME, extension }))).not.toBeNull();
  });

  it.each([
    PATH.toUpperCase(),
    PATH.replace("0a", "0A"),
    PATH.replace("/audio/", "//audio/"),
    PATH.replace("/audio/", "/audio//"),
    PATH.replace("/audio/", "/audio/./"),
    PATH.replace("/audio/", "/audio/../audio/"),
    PATH.replace("/audio/", "/audio/%2e%2e/audio/"),
    PATH.replace("/audio/", "/audio%2f"),
    PATH.replace("/audio/", "/audio/..%2faudio%2f"),
    PATH.replace("/audio/", "/audio\\"),
    PATH.replace(".ogg", "%2eogg"),
    PATH.replace(".ogg", ".OGG"),
    PATH.replace(".ogg", ".mp4"),
    PATH.replace(".ogg", ".wav"),
    PATH.replace(".ogg", ""),
    `${PATH}/`,
    `${PATH}\n`,
    `${PATH}%00`,
    ` ${PATH}`,
    PATH.slice(0, -1),
    PATH.replace("0a", "0"),
    PATH.replace("0a", "0a0a"),
  ])("is not spelled %j [DLV-8]", (spelling) => {
    expect(parseAudioPath(spelling)).toBeNull();
  });
});
