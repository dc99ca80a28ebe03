/** WAV files for tests, byte by byte: of any rate and layout, and with any lie in the header. */
export interface WavShape {
  readonly seconds?: number;
  readonly sampleRate?: number;
  readonly channels?: number;
  readonly bits?: 8 | 16 | 24 | 32;
  /** 1 for whole numbers, 3 for floating point, 6 and 7 for A-law and µ-law. */
  readonly formatTag?: number;
  /** From 0 to 1, of a tone of 440 Hz. */
  readonly amplitude?: number;
  /** What the header says of the data's length, where it is not the truth. */
  readonly declaredBytes?: number;
  /** Chunks before the data, with their headers. */
  readonly extraChunks?: Buffer;
}

export function wavFile(shape: WavShape = {}): Buffer {
  const { seconds = 1.5, sampleRate = 44_100, channels = 1, bits = 16, formatTag = 1, extraChunks } = shape;
  const frameBytes = (channels * bits) / 8;
  const frames = Math.round(seconds * sampleRate);
  const data = Buffer.alloc(frames * frameBytes);
  const write = sampleWriter(data, bits, formatTag);
  for (let frame = 0; frame < frames; frame++) {
    const value = (shape.amplitude ?? 0.4) * Math.sin((2 * Math.PI * 440 * frame) / sampleRate);
    for (let channel = 0; channel < channels; channel++) {
      write(value, frame * frameBytes + (channel * bits) / 8);
    }
  }
  const format = Buffer.alloc(16);
  format.writeUInt16LE(formatTag, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(sampleRate, 4);
  format.writeUInt32LE(sampleRate * frameBytes, 8);
  format.writeUInt16LE(frameBytes, 12);
  format.writeUInt16LE(bits, 14);
  const chunks = [chunk("fmt ", format), extraChunks ?? Buffer.alloc(0), chunk("data", data, shape.declaredBytes)];
  return chunk("RIFF", Buffer.concat([Buffer.from("WAVE"), ...chunks]));
}

export function chunk(name: string, body: Buffer, declaredBytes = body.length): Buffer {
  const header = Buffer.alloc(8);
  header.write(name, "latin1");
  header.writeUInt32LE(declaredBytes, 4);
  return Buffer.concat([header, body, Buffer.alloc(body.length % 2)]);
}

function sampleWriter(data: Buffer, bits: number, formatTag: number): (value: number, at: number) => void {
  if (formatTag === 3) return (value, at) => data.writeFloatLE(value, at);
  // Of these two codes any byte is a sample: the sign and some of the loudness is enough to be music.
  if (formatTag !== 1)
    return (value, at) => data.writeUInt8((value < 0 ? 0 : 0x80) | Math.round(Math.abs(value) * 80), at);
  if (bits === 8) return (value, at) => data.writeUInt8(Math.round(128 + value * 127), at);
  const scale = 2 ** (bits - 1) - 1;
  return (value, at) => data.writeIntLE(Math.round(value * scale), at, bits / 8);
}
