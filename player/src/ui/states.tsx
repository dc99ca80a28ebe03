/** What a page shows while it has nothing, not yet anything, or a problem. */
import { RotateCcw } from "lucide-react";
import type { ReactNode } from "react";
import { ApiError, explain } from "../api/problem.ts";
import { Button } from "./button.tsx";
import { cx } from "./class-names.ts";

export function Skeleton({ className }: { className?: string }) {
  return <div className={cx("shimmer rounded-sleeve", className)} aria-hidden="true" />;
}

function placeholders(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `placeholder-${index}`);
}

/** The rows of a list to come. */
export function RowSkeletons({ count }: { count: number }) {
  return (
    <div role="status" aria-label="Loading" className="flex flex-col">
      {placeholders(count).map((name, index) => (
        <div key={name} className="flex h-14 items-center gap-4 px-2">
          <Skeleton className="size-10" />
          <div className="flex grow flex-col gap-2">
            <Skeleton className={cx("h-3.5", index % 3 === 0 ? "w-2/5" : "w-1/3")} />
            <Skeleton className="h-3 w-1/5" />
          </div>
          <Skeleton className="h-3 w-10" />
        </div>
      ))}
    </div>
  );
}

export function CardSkeletons({ count }: { count: number }) {
  return (
    <div role="status" aria-label="Loading" className="card-grid">
      {placeholders(count).map((name) => (
        <div key={name} className="flex flex-col gap-3">
          <Skeleton className="aspect-square w-full" />
          <Skeleton className="h-3.5 w-3/4" />
          <Skeleton className="h-3 w-1/2" />
        </div>
      ))}
    </div>
  );
}

interface EmptyProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly action?: ReactNode;
}

export function Empty({ title, children, action }: EmptyProps) {
  return (
    <div className="flex flex-col items-start gap-4 rounded-2xl border border-dashed border-rim p-8 sm:flex-row sm:items-center sm:p-10">
      <svg
        viewBox="0 0 72 72"
        className="size-18 shrink-0 text-rim"
        fill="none"
        stroke="currentColor"
        aria-hidden="true"
      >
        <circle cx="32" cy="40" r="27" strokeWidth="3" />
        <circle cx="32" cy="40" r="20" strokeWidth="1" strokeDasharray="2 5" />
        <path d="M70 6 52.5 21.5" stroke="var(--brass-strong)" strokeWidth="4" strokeLinecap="round" />
      </svg>
      <div className="grow">
        <h2 className="heading text-xl">{title}</h2>
        <p className="mt-1.5 max-w-prose text-soft">{children}</p>
      </div>
      {action}
    </div>
  );
}

/** The same request would be answered in the same way. */
const FINAL_STATUSES: readonly number[] = [403, 404, 451];

interface ProblemProps {
  readonly error: unknown;
  readonly onRetry?: (() => void) | undefined;
  readonly className?: string;
}

export function Problem({ error, onRetry, className }: ProblemProps) {
  const { title, next } = explain(error);
  const isFinal = error instanceof ApiError && FINAL_STATUSES.includes(error.status);
  return (
    <div
      role="alert"
      className={cx(
        "flex flex-wrap items-center gap-4 rounded-2xl border border-danger/40 bg-danger-wash p-5",
        className,
      )}
    >
      <div className="min-w-0 grow basis-60">
        <p className="heading">{title}</p>
        <p className="mt-1 text-sm text-soft">{next}</p>
      </div>
      {onRetry !== undefined && !isFinal && (
        <Button onClick={onRetry}>
          <RotateCcw className="size-4" aria-hidden="true" />
          Try again
        </Button>
      )}
    </div>
  );
}
