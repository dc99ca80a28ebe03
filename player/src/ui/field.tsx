/** A labelled field with what is wrong with it said beside it. */
import type { ComponentProps, ReactNode } from "react";
import { useId } from "react";
import { cx } from "./class-names.ts";

const BOX =
  "min-h-11 w-full rounded-lg border bg-canvas px-3.5 text-ink placeholder:text-faint transition-colors hover:border-ink disabled:opacity-60";

interface FrameProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
}

interface FieldAttributes {
  readonly id: string;
  readonly "aria-invalid": boolean;
  readonly "aria-describedby": string | undefined;
  readonly className: string;
}

interface FieldProps extends FrameProps {
  /** Renders the control with what ties it to its label and message. */
  readonly render: (attributes: FieldAttributes) => ReactNode;
}

export function Field({ label, hint, error, render }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const note = error ?? hint;
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="text-sm font-semibold">
        {label}
      </label>
      {render({
        id,
        "aria-invalid": error !== undefined,
        "aria-describedby": note === undefined ? undefined : noteId,
        className: cx(BOX, error === undefined ? "border-rim" : "border-danger"),
      })}
      {note !== undefined && (
        <p id={noteId} className={cx("text-sm", error === undefined ? "text-faint" : "font-medium text-danger")}>
          {note}
        </p>
      )}
    </div>
  );
}

type TextFieldProps = FrameProps & ComponentProps<"input">;

export function TextField({ label, hint, error, className, ...rest }: TextFieldProps) {
  return (
    <Field
      label={label}
      hint={hint}
      error={error}
      render={(attributes) => <input {...rest} {...attributes} className={cx(attributes.className, className)} />}
    />
  );
}

type SelectFieldProps = FrameProps & ComponentProps<"select">;

export function SelectField({ label, hint, error, className, children, ...rest }: SelectFieldProps) {
  return (
    <Field
      label={label}
      hint={hint}
      error={error}
      render={(attributes) => (
        <select {...rest} {...attributes} className={cx(attributes.className, className)}>
          {children}
        </select>
      )}
    />
  );
}
