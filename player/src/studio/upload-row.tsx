/** One track of a release: a draft to be named, a file on its way, or what has become of it. */
import { Pause, Play, RotateCcw, X } from "lucide-react";
import type { ReactNode } from "react";
import type { StudioTrack } from "#workers/ingest/catalog/catalog-contract.ts";
import type { Upload } from "#workers/ingest/uploads/uploads-contract.ts";
import { ApiError, type Explanation, explain, fieldMessage } from "../api/problem.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { TextField } from "../ui/field.tsx";
import { formatBytes, formatDuration } from "../ui/format.ts";
import { FileButton } from "./file-button.tsx";
import { useUpload } from "./studio-queries.ts";
import { TrackTakedown } from "./takedown-controls.tsx";
import * as desk from "./upload-desk.ts";
import { UploadStepper } from "./upload-stepper.tsx";
import type { LocalPhase } from "./upload-turns.ts";

interface FrameProps {
  readonly state: string;
  readonly number: number;
  readonly title: string;
  readonly facts: ReactNode;
  readonly actions?: ReactNode;
  readonly children?: ReactNode;
}

function Frame({ state, number, title, facts, actions, children }: FrameProps) {
  return (
    <li
      data-testid="upload-row"
      data-state={state}
      className="flex flex-col gap-3 border-b border-line px-1 py-4 sm:px-3"
    >
      <div className="flex items-center gap-4">
        <span className="w-6 shrink-0 text-right text-soft tabular-nums">{number}</span>
        <div className="min-w-0 grow">
          <h3 className="truncate font-semibold">{title}</h3>
          <p className="truncate text-sm text-faint">{facts}</p>
        </div>
        {actions}
      </div>
      {children !== undefined && <div className="flex flex-col gap-3 pl-10">{children}</div>}
    </li>
  );
}

/** A file of this visit. */
export function LocalUploadRow({ item, releaseAtMs }: { item: desk.LocalUpload; releaseAtMs: number }) {
  if (item.phase === "draft" || (item.phase === "failed" && item.upload === null)) return <DraftRow item={item} />;
  if (item.phase === "sent" && item.upload !== null) {
    return <SentRow upload={item.upload} number={item.trackNumber} releaseAtMs={releaseAtMs} />;
  }
  return (
    <Frame
      state={item.phase === "failed" ? "FAILED" : (item.upload?.state ?? item.phase.toUpperCase())}
      number={item.trackNumber}
      title={item.title}
      facts={`${item.file.name} · ${formatBytes(item.file.size)}`}
      actions={<MovingActions item={item} />}
    >
      <Moving item={item} />
    </Frame>
  );
}

function Moving({ item }: { item: desk.LocalUpload }) {
  if (item.error !== null) return <Wrong error={item.error} />;
  const size = Math.max(1, item.file.size);
  const isHashing = item.phase === "hashing";
  const done = isHashing ? item.hashedBytes : item.sentBytes;
  const texts: Partial<Record<LocalPhase, string>> = {
    queued: "Waits for its turn",
    hashing: "Reading the file, to know later that it arrived whole",
    announcing: "Announcing it",
    sending: `${formatBytes(item.sentBytes)} of ${formatBytes(size)} sent`,
    paused: `Paused at ${formatBytes(item.sentBytes)} of ${formatBytes(size)}`,
  };
  return (
    <>
      <div
        role="progressbar"
        aria-label={`${item.title}: ${isHashing ? "reading" : "sending"}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round((done / size) * 100)}
        className="h-1.5 overflow-hidden rounded-full bg-line"
      >
        <div
          className={isHashing ? "h-full bg-faint" : "h-full bg-strike transition-[width] duration-200"}
          style={{ width: `${(done / size) * 100}%` }}
        />
      </div>
      <p className="text-sm text-soft tabular-nums">{texts[item.phase]}</p>
    </>
  );
}

function MovingActions({ item }: { item: desk.LocalUpload }) {
  return (
    <div className="flex">
      {item.phase === "sending" && (
        <IconButton label={`Pause ${item.title}`} onClick={() => desk.pause(item.key)}>
          <Pause className="size-4.5 fill-current" />
        </IconButton>
      )}
      {item.phase === "paused" && (
        <IconButton label={`Resume ${item.title}`} onClick={() => desk.resume(item.key)}>
          <Play className="size-4.5 fill-current" />
        </IconButton>
      )}
      {item.phase === "failed" && (
        <Button onClick={() => desk.retry(item.key)}>
          <RotateCcw className="size-4" aria-hidden="true" />
          Try again
        </Button>
      )}
      <IconButton label={`Cancel ${item.title}`} onClick={() => desk.remove(item.key)}>
        <X className="size-5" />
      </IconButton>
    </div>
  );
}

/** Before it is sent, everything about a track can be changed; a mistake that the service found, too. */
function DraftRow({ item }: { item: desk.LocalUpload }) {
  const edit = (change: Partial<desk.TrackDraft>) => desk.editDraft(item.key, change);
  const error = (path: string) => fieldMessage(item.error, path);
  const shown = ["track.title", "track.track_number", "track.isrc"];
  const isBeside =
    item.error instanceof ApiError &&
    item.error.fields.some((field) => shown.some((path) => field.path.endsWith(path)));
  return (
    <li
      data-testid="upload-row"
      data-state={item.phase === "failed" ? "FAILED" : "DRAFT"}
      className="flex flex-col gap-3 border-b border-line px-1 py-4 sm:px-3"
    >
      <div className="grid grid-cols-[4.5rem_1fr_auto] items-start gap-3 sm:grid-cols-[4.5rem_1fr_11rem_auto]">
        <TextField
          label="No."
          type="number"
          min={1}
          max={999}
          value={item.trackNumber}
          error={error("track.track_number")}
          onChange={(event) => edit({ trackNumber: Number(event.currentTarget.value) })}
        />
        <TextField
          label="Title"
          value={item.title}
          maxLength={300}
          error={error("track.title")}
          onChange={(event) => edit({ title: event.currentTarget.value })}
        />
        <div className="col-span-2 col-start-1 row-start-2 sm:col-span-1 sm:col-start-3 sm:row-start-1">
          <TextField
            label="ISRC (optional)"
            value={item.isrc}
            maxLength={24}
            error={error("track.isrc")}
            onChange={(event) => edit({ isrc: event.currentTarget.value })}
          />
        </div>
        <IconButton
          label={`Remove ${item.title}`}
          className="col-start-3 row-start-1 mt-6.5 sm:col-start-4"
          onClick={() => desk.remove(item.key)}
        >
          <X className="size-5" />
        </IconButton>
      </div>
      <div className="flex flex-wrap items-center justify-between gap-3 text-sm">
        <span className="truncate text-faint">
          {item.file.name} · {formatBytes(item.file.size)}
        </span>
        <label className="flex min-h-8 items-center gap-2 text-soft">
          <input
            type="checkbox"
            className="size-4.5 accent-(--ink)"
            checked={item.isExplicit}
            onChange={(event) => edit({ isExplicit: event.currentTarget.checked })}
          />
          Explicit
        </label>
      </div>
      {item.error !== null && !isBeside && <Wrong error={item.error} />}
      {item.phase === "failed" && <RetryButton item={item} />}
    </li>
  );
}

function RetryButton({ item }: { item: desk.LocalUpload }) {
  const isDuplicate = item.error instanceof desk.DuplicateFile;
  const press = () => (isDuplicate ? desk.sendAllTheSame(item.key) : desk.retry(item.key));
  return (
    <div>
      <Button onClick={press}>
        {!isDuplicate && <RotateCcw className="size-4" aria-hidden="true" />}
        {isDuplicate ? "Upload it all the same" : "Try again"}
      </Button>
    </div>
  );
}

/** A track as the service knows it. */
export function TrackUploadRow({ track, releaseAtMs }: { track: StudioTrack; releaseAtMs: number }) {
  if (track.upload === null) {
    return <Frame state="NONE" number={track.track_number} title={track.title} facts="No file yet" />;
  }
  return (
    <SentRow
      upload={track.upload}
      number={track.track_number}
      releaseAtMs={releaseAtMs}
      durationMs={track.duration_ms}
      channels={track.source_channels}
      isOfEarlierVisit
    />
  );
}

interface SentRowProps {
  readonly upload: Upload;
  readonly number: number;
  readonly releaseAtMs: number;
  readonly durationMs?: number | null;
  readonly channels?: number | null;
  readonly isOfEarlierVisit?: boolean;
}

function SentRow({ upload: known, number, releaseAtMs, isOfEarlierVisit = false, ...measured }: SentRowProps) {
  const { data: upload, error } = useUpload(known, releaseAtMs);
  const facts = factsOf(upload, measured);
  return (
    <Frame
      state={upload.state}
      number={number}
      title={upload.title}
      facts={facts}
      actions={<TrackTakedown upload={upload} />}
    >
      <UploadStepper upload={upload} />
      {upload.state === "REJECTED" && <Rejected upload={upload} number={number} />}
      {upload.state === "PENDING" && isOfEarlierVisit && (
        <div className="flex flex-wrap items-center gap-3">
          <p className="text-sm text-soft">
            Not all of it has been sent. Choose the same file, and it goes on where it stopped.
          </p>
          <FileButton label="Choose the file" onChoose={(chosen) => desk.resumeUpload(upload, chosen, number)} />
        </div>
      )}
      {error !== null && <Wrong error={error} />}
    </Frame>
  );
}

function factsOf({ file }: Upload, { durationMs, channels }: Pick<SentRowProps, "durationMs" | "channels">): string {
  const facts = [file.name, formatBytes(file.size_bytes)];
  if (durationMs != null) facts.push(formatDuration(durationMs));
  if (channels != null && channels > 2) facts.push(`${channels} channels, mixed down to stereo`);
  return facts.join(" · ");
}

function Rejected({ upload, number }: { upload: Upload; number: number }) {
  const track = { title: upload.title, trackNumber: number, isrc: "", isExplicit: false };
  return (
    <div role="alert" className="flex flex-wrap items-center gap-4 rounded-xl bg-danger-wash p-4">
      <div className="min-w-0 grow basis-64">
        <p className="text-sm font-semibold">{upload.reason?.message ?? "The file was rejected."}</p>
        {upload.reason !== null && upload.reason.detail !== "" && (
          <p className="mt-1 text-sm text-soft">{upload.reason.detail}</p>
        )}
      </div>
      <FileButton
        label="Upload another file"
        onChoose={(file) => desk.addReplacement(upload.release_id, file, track)}
      />
    </div>
  );
}

function Wrong({ error }: { error: Error }) {
  const { title, next } = describe(error);
  const fields = error instanceof ApiError ? error.fields.map((field) => field.message) : [];
  return (
    <p role="alert" className="rounded-xl bg-danger-wash px-4 py-3 text-sm">
      <span className="font-semibold">{title}.</span> <span className="text-soft">{[next, ...fields].join(" ")}</span>
    </p>
  );
}

function describe(error: Error): Explanation {
  if (error instanceof ApiError) return explain(error);
  if (error instanceof desk.DuplicateFile) {
    return {
      title: "This file is in the release already",
      next: `${error.message} Remove it here, or upload it all the same.`,
    };
  }
  return {
    title: "The file could not be sent",
    next: "Check the connection, and that the file is still in its place. Then try again.",
  };
}
