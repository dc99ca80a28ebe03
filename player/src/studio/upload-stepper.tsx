import { Check, X } from "lucide-react";
import type { Upload } from "#workers/ingest/uploads/uploads-contract.ts";
import { cx } from "../ui/class-names.ts";

const STEPS = ["PENDING", "UPLOADED", "TRANSCODING", "READY", "PUBLISHED"] as const;
const STEP_NAMES: Readonly<Record<(typeof STEPS)[number], string>> = {
  PENDING: "Sending",
  UPLOADED: "Received",
  TRANSCODING: "Preparing",
  READY: "Ready",
  PUBLISHED: "Out",
};

/** How far a track is on its way to its listeners. */
export function UploadStepper({ upload }: { upload: Upload }) {
  if (upload.state === "REJECTED") {
    return (
      <p className="flex items-center gap-1.5 text-xs font-semibold text-danger">
        <X className="size-4" aria-hidden="true" />
        Rejected
      </p>
    );
  }
  const reached = (STEPS as readonly string[]).indexOf(upload.state);
  return (
    <ol aria-label="Progress" className="flex flex-wrap items-center gap-x-1.5 gap-y-1 text-xs">
      {STEPS.map((step, index) => {
        const isDone = index < reached || upload.state === "PUBLISHED";
        const isCurrent = index === reached && !isDone;
        return (
          <li key={step} aria-current={isCurrent ? "step" : undefined} className="flex items-center gap-1.5">
            {index > 0 && (
              <span className={cx("h-px w-3 sm:w-5", index <= reached ? "bg-ink" : "bg-line")} aria-hidden="true" />
            )}
            <Dot isDone={isDone} isCurrent={isCurrent} />
            <span
              className={cx(
                isCurrent ? "font-semibold text-ink" : "max-sm:sr-only",
                !isCurrent && (isDone ? "text-soft" : "text-faint"),
              )}
            >
              {STEP_NAMES[step]}
              {isDone && <span className="sr-only">, done</span>}
              {isCurrent && step === "TRANSCODING" && upload.transcode_progress !== null && (
                <span className="tabular-nums"> {Math.round(upload.transcode_progress * 100)} %</span>
              )}
            </span>
          </li>
        );
      })}
    </ol>
  );
}

function Dot({ isDone, isCurrent }: { isDone: boolean; isCurrent: boolean }) {
  if (isDone) {
    return (
      <span className="grid size-4 place-items-center rounded-full bg-ink text-canvas" aria-hidden="true">
        <Check className="size-3" strokeWidth={3.5} />
      </span>
    );
  }
  return (
    <span
      aria-hidden="true"
      className={cx("size-4 rounded-full border-2", isCurrent ? "animate-pulse border-strike bg-brass" : "border-line")}
    />
  );
}
