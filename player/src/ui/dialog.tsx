import { X } from "lucide-react";
import { Dialog as Primitive } from "radix-ui";
import type { ReactNode } from "react";
import { IconButton } from "./button.tsx";
import { cx } from "./class-names.ts";

interface DialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly description?: string;
  readonly children: ReactNode;
  readonly isWide?: boolean;
}

export function Dialog({ isOpen, onClose, title, description, children, isWide = false }: DialogProps) {
  return (
    <Primitive.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Primitive.Portal>
        <Primitive.Overlay className="fixed inset-0 z-50 animate-[appear_160ms] bg-black/55 backdrop-blur-[2px]" />
        <Primitive.Content
          aria-describedby={description === undefined ? undefined : "dialog-description"}
          className={cx(
            "fixed inset-x-0 bottom-0 z-50 max-h-[92dvh] animate-[rise_200ms_ease-out] overflow-y-auto rounded-t-2xl bg-surface p-6 shadow-2xl",
            "sm:inset-auto sm:top-1/2 sm:left-1/2 sm:w-[calc(100vw-2rem)] sm:-translate-x-1/2 sm:-translate-y-1/2 sm:animate-[appear_160ms] sm:rounded-2xl sm:border sm:border-line",
            isWide ? "sm:max-w-2xl" : "sm:max-w-md",
          )}
        >
          <div className="mb-5 flex items-start gap-4">
            <div className="grow">
              <Primitive.Title className="heading text-2xl">{title}</Primitive.Title>
              {description !== undefined && (
                <Primitive.Description id="dialog-description" className="mt-1.5 text-soft">
                  {description}
                </Primitive.Description>
              )}
            </div>
            <Primitive.Close asChild>
              <IconButton label="Close" className="-mt-1.5 -mr-2">
                <X className="size-5" />
              </IconButton>
            </Primitive.Close>
          </div>
          {children}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
