import type { CSSProperties, ReactNode } from "react";
import { cx } from "../ui/class-names.ts";
import { Cover } from "../ui/cover.tsx";
import { useCoverTint } from "../ui/cover-tint.ts";
import { Skeleton } from "../ui/states.tsx";

interface PageHeadProps {
  readonly kind: ReactNode;
  readonly title: string;
  readonly imageUrl: string | null | undefined;
  readonly isRound?: boolean;
  readonly details: ReactNode;
  readonly actions: ReactNode;
}

const LONG_TITLE = 28;

/** The head of an album, an artist or a playlist: its picture, its name, and its colour up to the page's edge. */
export function PageHead({ kind, title, imageUrl, isRound = false, details, actions }: PageHeadProps) {
  const tint = useCoverTint(imageUrl);
  return (
    <header
      className="page-bleed tinted mb-6 flex flex-col gap-6 bg-linear-to-b from-[color-mix(in_oklab,var(--wash)_30%,var(--canvas))] to-canvas pt-8 pb-6 sm:flex-row sm:items-end sm:gap-8"
      style={{ "--tint": tint ?? "var(--raised)" } as CSSProperties}
    >
      <Cover
        url={imageUrl}
        isRound={isRound}
        className="w-48 max-w-[60vw] shadow-xl shadow-black/25 sm:w-56 lg:w-60"
        isEager
      />
      <div className="@container flex min-w-0 grow flex-col gap-3">
        <p className="text-sm font-semibold text-soft">{kind}</p>
        <h1
          className={cx(
            "display break-words",
            title.length > LONG_TITLE ? "text-[clamp(1.75rem,7cqi,3rem)]" : "text-[clamp(2.25rem,10cqi,4.5rem)]",
          )}
        >
          {title}
        </h1>
        {details}
        <div className="mt-2 flex flex-wrap items-center gap-4">{actions}</div>
      </div>
    </header>
  );
}

export function PageHeadSkeleton() {
  return (
    <div role="status" aria-label="Loading" className="mb-6 flex flex-col gap-8 pt-8 pb-6 sm:flex-row sm:items-end">
      <Skeleton className="aspect-square w-48 sm:w-56 lg:w-60" />
      <div className="flex grow flex-col gap-4">
        <Skeleton className="h-4 w-24" />
        <Skeleton className="h-14 w-4/5 max-w-lg" />
        <Skeleton className="h-4 w-56" />
        <Skeleton className="size-14 rounded-full!" />
      </div>
    </div>
  );
}
