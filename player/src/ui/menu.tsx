import { ChevronRight } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import { cx } from "./class-names.ts";

const PANEL =
  "z-50 max-h-[min(26rem,var(--radix-dropdown-menu-content-available-height))] min-w-56 max-w-72 animate-[appear_100ms] overflow-y-auto rounded-xl border border-line bg-surface p-1.5 shadow-xl shadow-black/20";
const ITEM =
  "flex min-h-10 items-center gap-3 rounded-lg px-3 text-sm outline-none select-none data-[disabled]:opacity-45 data-[highlighted]:bg-raised data-[state=open]:bg-raised";

interface MenuProps {
  readonly trigger: ReactNode;
  readonly label: string;
  readonly children: ReactNode;
  readonly align?: "start" | "end";
}

/** Not modal: the page goes on scrolling, and the player goes on taking keys, while a menu is open. */
export function Menu({ trigger, label, children, align = "end" }: MenuProps) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={PANEL} align={align} sideOffset={6} collisionPadding={12} aria-label={label}>
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

interface MenuItemProps {
  readonly icon?: ReactNode;
  readonly children: ReactNode;
  readonly onSelect?: () => void;
  readonly isDisabled?: boolean;
  readonly isDanger?: boolean;
}

export function MenuItem({ icon, children, onSelect, isDisabled = false, isDanger = false }: MenuItemProps) {
  return (
    <DropdownMenu.Item
      className={cx(ITEM, isDanger && "text-danger")}
      disabled={isDisabled}
      onSelect={() => onSelect?.()}
    >
      {icon !== undefined && <span className="grid size-4 place-items-center text-faint [&>svg]:size-4">{icon}</span>}
      <span className="truncate">{children}</span>
    </DropdownMenu.Item>
  );
}

interface SubmenuProps {
  readonly icon: ReactNode;
  readonly label: string;
  readonly children: ReactNode;
}

export function Submenu({ icon, label, children }: SubmenuProps) {
  return (
    <DropdownMenu.Sub>
      <DropdownMenu.SubTrigger className={ITEM}>
        <span className="grid size-4 place-items-center text-faint [&>svg]:size-4">{icon}</span>
        <span className="grow">{label}</span>
        <ChevronRight className="size-4 text-faint" aria-hidden="true" />
      </DropdownMenu.SubTrigger>
      <DropdownMenu.Portal>
        <DropdownMenu.SubContent className={PANEL} sideOffset={4} collisionPadding={12}>
          {children}
        </DropdownMenu.SubContent>
      </DropdownMenu.Portal>
    </DropdownMenu.Sub>
  );
}

export function MenuLine() {
  return <DropdownMenu.Separator className="my-1.5 h-px bg-line" />;
}

export function MenuNote({ children }: { children: ReactNode }) {
  return <DropdownMenu.Label className="px-3 py-2 text-sm text-faint">{children}</DropdownMenu.Label>;
}
