import { ImageUp, LoaderCircle } from "lucide-react";
import { useRef, useState } from "react";
import type { StudioRelease } from "#workers/ingest/catalog/catalog-contract.ts";
import { explain } from "../api/problem.ts";
import { say } from "../app/toasts.tsx";
import { cx } from "../ui/class-names.ts";
import { Cover } from "../ui/cover.tsx";
import { usePutCover } from "./studio-queries.ts";

const IMAGE_TYPES = "image/jpeg,image/png,image/webp";

/** The cover, which is also the place to drop another one on. */
export function CoverUpload({ release }: { release: StudioRelease }) {
  const put = usePutCover(release.id);
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setIsOver] = useState(false);
  const send = (file: File | undefined) => {
    if (file !== undefined) put.mutate(file, { onSuccess: () => say("The cover is in place") });
  };
  return (
    <div className="w-48 max-w-[60vw] sm:w-56">
      <button
        type="button"
        aria-label="Change the cover"
        aria-busy={put.isPending}
        onClick={() => input.current?.click()}
        onDragOver={(event) => {
          event.preventDefault();
          setIsOver(true);
        }}
        onDragLeave={() => setIsOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setIsOver(false);
          send(event.dataTransfer.files[0]);
        }}
        className={cx("group sleeve relative block w-full", isOver && "outline-strike!")}
      >
        <Cover url={release.cover_url} className="w-full" isEager />
        <span
          className={cx(
            "absolute inset-0 grid place-items-center rounded-sleeve bg-black/60 text-sm font-semibold text-white transition-opacity group-hover:opacity-100 group-focus-visible:opacity-100",
            put.isPending || isOver ? "opacity-100" : "opacity-0",
          )}
        >
          <span className="flex flex-col items-center gap-2">
            {put.isPending ? <LoaderCircle className="size-7 animate-spin" /> : <ImageUp className="size-7" />}
            {put.isPending ? "Sending" : "Change the cover"}
          </span>
        </span>
      </button>
      <input
        ref={input}
        type="file"
        data-testid="cover-input"
        accept={IMAGE_TYPES}
        className="sr-only"
        tabIndex={-1}
        aria-label="Cover image"
        onChange={(event) => {
          send(event.currentTarget.files?.[0]);
          event.currentTarget.value = "";
        }}
      />
      {put.error === null ? (
        <p className="mt-2 text-xs text-faint">JPEG, PNG or WebP, up to 10 MB</p>
      ) : (
        <p role="alert" className="mt-2 text-sm text-danger">
          {explain(put.error).title}. {explain(put.error).next}
        </p>
      )}
    </div>
  );
}
