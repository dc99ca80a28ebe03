/** What a cover may be, by the bytes that a file of each kind begins with: names and declared types are often wrong. */
export interface ImageKind {
  /** Without the dot. */
  readonly extension: string;
  readonly mimeType: string;
  readonly magic: readonly { readonly at: number; readonly bytes: readonly number[] }[];
}

export const IMAGE_KINDS: readonly ImageKind[] = [
  { extension: "jpg", mimeType: "image/jpeg", magic: [{ at: 0, bytes: [0xff, 0xd8, 0xff] }] },
  {
    extension: "png",
    mimeType: "image/png",
    magic: [{ at: 0, bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] }],
  },
  {
    extension: "webp",
    mimeType: "image/webp",
    // RIFF, the length of the file, WEBP.
    magic: [
      { at: 0, bytes: [0x52, 0x49, 0x46, 0x46] },
      { at: 8, bytes: [0x57, 0x45, 0x42, 0x50] },
    ],
  },
];

/** Null for what is no picture of these kinds. */
export function imageKindOf(image: Uint8Array): ImageKind | null {
  return (
    IMAGE_KINDS.find(({ magic }) =>
      magic.every(({ at, bytes }) => bytes.every((byte, index) => image[at + index] === byte)),
    ) ?? null
  );
}
