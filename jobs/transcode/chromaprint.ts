/**
 * Chromaprint, which says what a recording sounds like in 32-bit numbers, about eight for each second, that stay nearly
 * the same through re-encoding. The package is the C library as WebAssembly; the script beside it runs in browsers
 * alone, so the module is started here. It gets no clock and no randomness: the same samples give the same numbers.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** What the numbers are compared by: those of another algorithm mean nothing beside them. */
export const FINGERPRINT_ALGORITHM = "chromaprint-2";
/** The library's own working rate: it resamples nothing that comes with it. */
export const FINGERPRINT_SAMPLE_RATE = 11_025;

/** CHROMAPRINT_ALGORITHM_TEST2, the default of the library and of AcoustID; its name counts from one. */
const ALGORITHM_CODE = 1;
const FEED_SAMPLES = 16_384;
const BYTES_OF_SAMPLE = 2;
const BYTES_OF_NUMBER = 4;

interface ChromaprintExports {
  readonly memory: WebAssembly.Memory;
  emscripten_stack_init(): void;
  __wasm_call_ctors(): void;
  malloc(bytes: number): number;
  chromaprint_new(algorithm: number): number;
  chromaprint_start(context: number, sampleRate: number, channels: number): number;
  chromaprint_feed(context: number, samples: number, count: number): number;
  chromaprint_finish(context: number): number;
  chromaprint_get_raw_fingerprint(context: number, pointer: number, size: number): number;
}

/** What the module may ask of its host while it works, and always is told the same. */
const HOST_ANSWERS: readonly string[] = [
  "environ_sizes_get",
  "environ_get",
  "random_get",
  "emscripten_get_now",
  "emscripten_date_now",
];

let compiled: WebAssembly.Module | undefined;

/** One recording's fingerprint. Samples are 16 bits, of one channel, at FINGERPRINT_SAMPLE_RATE. */
export class Chromaprint {
  readonly #library: ChromaprintExports;
  readonly #context: number;
  readonly #buffer: number;

  /** A module of its own for each recording: its memory goes with it, and nothing is left of one for the next. */
  constructor() {
    this.#library = startLibrary();
    this.#context = this.#library.chromaprint_new(ALGORITHM_CODE);
    this.#buffer = this.#library.malloc(FEED_SAMPLES * BYTES_OF_SAMPLE);
    must(this.#library.chromaprint_start(this.#context, FINGERPRINT_SAMPLE_RATE, 1), "start");
  }

  feed(samples: Int16Array): void {
    for (let at = 0; at < samples.length; at += FEED_SAMPLES) {
      const part = samples.subarray(at, at + FEED_SAMPLES);
      new Int16Array(this.#library.memory.buffer, this.#buffer, part.length).set(part);
      must(this.#library.chromaprint_feed(this.#context, this.#buffer, part.length), "take samples");
    }
  }

  /** Empty where the recording is shorter than the three seconds or so that the first number takes. */
  finish(): Uint32Array<ArrayBuffer> {
    const library = this.#library;
    must(library.chromaprint_finish(this.#context), "finish");
    const answer = library.malloc(2 * BYTES_OF_NUMBER);
    must(library.chromaprint_get_raw_fingerprint(this.#context, answer, answer + BYTES_OF_NUMBER), "tell");
    const [pointer = 0, count = 0] = new Int32Array(library.memory.buffer, answer, 2);
    return new Uint32Array(library.memory.buffer.slice(pointer, pointer + count * BYTES_OF_NUMBER));
  }
}

function startLibrary(): ChromaprintExports {
  if (compiled === undefined) {
    const path = createRequire(import.meta.url).resolve("@unimusic/chromaprint/dist/chromaprint.wasm");
    compiled = new WebAssembly.Module(readFileSync(path));
  }
  const imports: Record<string, Record<string, () => number>> = {};
  for (const { module, name } of WebAssembly.Module.imports(compiled)) {
    imports[module] = { ...imports[module], [name]: hostFunction(name) };
  }
  const library = new WebAssembly.Instance(compiled, imports).exports as unknown as ChromaprintExports;
  library.emscripten_stack_init();
  library.__wasm_call_ctors();
  return library;
}

function hostFunction(name: string): () => number {
  if (HOST_ANSWERS.includes(name)) return () => 0;
  return () => {
    throw new Error(`chromaprint asked its host for ${name}`);
  };
}

function must(succeeded: number, what: string): void {
  if (succeeded === 0) throw new Error(`chromaprint could not ${what}`);
}
