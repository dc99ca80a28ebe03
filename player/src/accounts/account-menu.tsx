import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Clock, Keyboard, LogOut, Settings, UploadCloud, UserRound } from "lucide-react";
import type { Account } from "#workers/api/accounts/accounts-contract.ts";
import { say, sayProblem } from "../app/toasts.tsx";
import { panels } from "../playback/panels.ts";
import { usePlayer } from "../playback/player-context.tsx";
import { buttonClass } from "../ui/button.tsx";
import { Menu, MenuItem, MenuLine, MenuNote } from "../ui/menu.tsx";
import { mayPublish, signOut, useAccount } from "./session.ts";

export function AccountMenu() {
  const account = useAccount();
  if (account === undefined) return <div className="size-10" />;
  if (account !== null) return <SignedIn account={account} />;
  return (
    <div className="flex items-center gap-2">
      <Link to="/sign-up" className={buttonClass("quiet", "max-sm:hidden")}>
        Join
      </Link>
      <Link to="/sign-in" className={buttonClass("ink")}>
        Sign in
      </Link>
    </div>
  );
}

function SignedIn({ account }: { account: Account }) {
  const navigate = useNavigate();
  const player = usePlayer();
  const queryClient = useQueryClient();
  const leave = async () => {
    player.clear();
    try {
      await signOut(queryClient);
      say("You are signed out");
      await navigate({ to: "/" });
    } catch (error) {
      sayProblem(error);
    }
  };
  return (
    <Menu
      label="Account"
      trigger={
        <button
          type="button"
          aria-label={`Account of ${account.name}`}
          className="grid size-10 shrink-0 place-items-center rounded-full border border-rim bg-surface text-sm font-bold uppercase hover:border-ink"
        >
          {account.name.trim().slice(0, 1) || <UserRound className="size-5" />}
        </button>
      }
    >
      <MenuNote>
        <span className="block font-semibold text-ink">{account.name}</span>
        <span className="block truncate">{account.email}</span>
      </MenuNote>
      <MenuLine />
      {mayPublish(account) && (
        <MenuItem icon={<UploadCloud />} onSelect={() => void navigate({ to: "/studio" })}>
          Studio
        </MenuItem>
      )}
      <MenuItem icon={<Clock />} onSelect={() => void navigate({ to: "/history" })}>
        History
      </MenuItem>
      <MenuItem icon={<Settings />} onSelect={() => void navigate({ to: "/settings" })}>
        Settings
      </MenuItem>
      <MenuItem icon={<Keyboard />} onSelect={() => panels.set({ open: "shortcuts" })}>
        Keyboard shortcuts
      </MenuItem>
      <MenuLine />
      <MenuItem icon={<LogOut />} onSelect={() => void leave()}>
        Sign out
      </MenuItem>
    </Menu>
  );
}
