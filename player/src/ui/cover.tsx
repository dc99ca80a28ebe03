import { useState } from "react";
import { cx } from "./class-names.ts";

interface CoverProps {
  readonly url: string | null | undefined;
  /** Empty where the name stands beside it. */
  readonly alt?: string;
  readonly isRound?: boolean;
  readonly className?: string;
  readonly isEager?: boolean;
}

/** A sleeve, or a face in a circle. Where there is no picture, a bare drum head. */
export function Cover({ url, alt = "", isRound = false, className, isEager = false }: CoverProps) {
  const [failedUrl, setFailedUrl] = useState<string | null>(null);
  const shape = cx(
    "aspect-square shrink-0 overflow-hidden bg-raised",
    isRound ? "rounded-full" : "rounded-sleeve",
    className,
  );
  if (url === null || url === undefined || url === "" || failedUrl === url) {
    return (
      <div className={cx(shape, "grid place-items-center text-rim")}>
        {alt !== "" && <span className="sr-only">{alt}</span>}
        <svg viewBox="0 0 40 40" className="w-1/2" aria-hidden="true" fill="none" stroke="currentColor">
          <circle cx="20" cy="20" r="16" strokeWidth="2.5" />
          <circle cx="20" cy="20" r="11" strokeWidth="1" />
        </svg>
      </div>
    );
  }
  return (
    <div
      className={cx(
        shape,
        "relative after:absolute after:inset-0 after:rounded-[inherit] after:shadow-[inset_0_0_0_1px_rgb(128_140_134/.25)]",
      )}
    >
      <img
        src={url}
        alt={alt}
        loading={isEager ? "eager" : "lazy"}
        decoding="async"
        draggable={false}
        onError={() => setFailedUrl(url)}
        className="size-full object-cover"
      />
    </div>
  );
}
