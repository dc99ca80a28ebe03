import { LoaderCircle, Pause, Play } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { cx } from "./class-names.ts";

type Look = "brass" | "ink" | "outline" | "quiet" | "danger";

const LOOKS: Readonly<Record<Look, string>> = {
  brass: "bg-brass text-on-brass hover:bg-brass-strong",
  ink: "bg-ink text-canvas hover:opacity-90",
  outline: "border border-rim text-ink hover:border-ink hover:bg-raised",
  quiet: "text-soft hover:bg-raised hover:text-ink",
  danger: "border border-danger text-danger hover:bg-danger-wash",
};

export const BUTTON_SHAPE =
  "inline-flex min-h-10 shrink-0 items-center justify-center gap-2 rounded-full px-5 text-sm font-semibold whitespace-nowrap transition-colors disabled:cursor-not-allowed disabled:opacity-50";

export function buttonClass(look: Look, className?: string): string {
  return cx(BUTTON_SHAPE, LOOKS[look], className);
}

interface ButtonProps extends ComponentProps<"button"> {
  look?: Look;
  isBusy?: boolean;
}

export function Button({ look = "outline", isBusy = false, className, children, disabled, ...rest }: ButtonProps) {
  const isOff = isBusy || disabled === true;
  return (
    <button type="button" {...rest} disabled={isOff} aria-busy={isBusy} className={buttonClass(look, className)}>
      {isBusy && <LoaderCircle className="size-4 animate-spin" aria-hidden="true" />}
      {children}
    </button>
  );
}

interface IconButtonProps extends ComponentProps<"button"> {
  /** What it does, for those who do not see the icon, and as a tooltip for those who wonder. */
  label: string;
  children: ReactNode;
  isOn?: boolean;
  size?: "sm" | "md";
}

export function IconButton({ label, children, className, isOn, size = "md", ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      title={label}
      aria-label={label}
      aria-pressed={isOn}
      {...rest}
      className={cx(
        "grid shrink-0 place-items-center rounded-full transition-colors hover:bg-raised hover:text-ink disabled:cursor-not-allowed disabled:opacity-40",
        size === "sm" ? "size-9" : "size-10",
        isOn === true ? "text-strike-text" : "text-soft",
        className,
      )}
    >
      {children}
    </button>
  );
}

const DRUM_SIZES = { md: "size-12", lg: "size-14", xl: "size-18" } as const;

interface DrumButtonProps extends Omit<ComponentProps<"button">, "children"> {
  label: string;
  state: "play" | "pause" | "busy";
  size?: keyof typeof DRUM_SIZES;
}

/** The button that plays: a drum head with its rim. */
export function DrumButton({ label, state, size = "lg", className, ...rest }: DrumButtonProps) {
  const Icon = state === "busy" ? LoaderCircle : state === "pause" ? Pause : Play;
  const nudge = state === "play" ? "translate-x-px" : state === "busy" ? "animate-spin" : "";
  return (
    <button
      type="button"
      title={label}
      aria-label={label}
      {...rest}
      className={cx(
        "struck grid shrink-0 place-items-center rounded-full bg-brass text-on-brass transition hover:bg-brass-strong active:scale-95 disabled:opacity-50",
        "shadow-[inset_0_0_0_3px_var(--brass),inset_0_0_0_4.5px_rgb(16_20_18/.55)]",
        DRUM_SIZES[size],
        className,
      )}
    >
      <Icon className={cx("size-[42%] fill-current", nudge, state === "busy" && "fill-none")} aria-hidden="true" />
    </button>
  );
}
