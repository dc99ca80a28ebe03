/** The bytes of one file on their way to a signed tus URL: paused, resumed, and begun again where they stopped. */
import { DetailedError, Upload } from "tus-js-client";

/** The part size of the service, which stores what one chunk holds as one part; a test keeps the two together. */
export const CHUNK_BYTES = 8 * 1024 ** 2;
const RETRY_DELAYS_MS = [0, 1_000, 3_000, 5_000, 10_000, 20_000];
/** The signed URL has run out, or is unknown by now: another one can be had. */
const STALE_URL_STATUSES: readonly number[] = [401, 403, 410];

export interface Transfer {
  pause(): void;
  resume(): void;
}

export interface TransferOptions {
  readonly file: File;
  readonly url: string;
  readonly renewUrl: () => Promise<string>;
  readonly onProgress: (bytesSent: number) => void;
  readonly onDone: () => void;
  readonly onFailed: (error: Error) => void;
}

export function startTransfer(options: TransferOptions): Transfer {
  const { file, url, renewUrl, onProgress, onDone, onFailed } = options;
  let hasRenewed = false;
  let isPaused = false;
  let upload = make(url);

  function make(uploadUrl: string): Upload {
    return new Upload(file, {
      uploadUrl: new URL(uploadUrl, location.href).href,
      chunkSize: CHUNK_BYTES,
      retryDelays: RETRY_DELAYS_MS,
      storeFingerprintForResuming: false,
      onProgress: (bytesSent) => onProgress(bytesSent),
      onSuccess: () => onDone(),
      onError: (error) => void onError(error),
    });
  }

  async function onError(error: Error): Promise<void> {
    const status = error instanceof DetailedError ? error.originalResponse?.getStatus() : undefined;
    if (hasRenewed || status === undefined || !STALE_URL_STATUSES.includes(status)) return onFailed(error);
    hasRenewed = true;
    try {
      upload = make(await renewUrl());
      if (!isPaused) upload.start();
    } catch (renewal) {
      onFailed(renewal instanceof Error ? renewal : error);
    }
  }

  upload.start();
  return {
    pause() {
      isPaused = true;
      void upload.abort();
    },
    resume() {
      isPaused = false;
      hasRenewed = false;
      upload.start();
    },
  };
}
