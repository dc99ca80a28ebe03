import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { Clock, House, Library, type LucideIcon, Moon, Search, Settings, Sun, UploadCloud } from "lucide-react";
import { useEffect, useRef } from "react";
import { AccountMenu } from "../accounts/account-menu.tsx";
import { mayPublish, useAccount } from "../accounts/session.ts";
import { SignInDialog } from "../accounts/sign-in-dialog.tsx";
import { NowPlayingSheet } from "../playback/now-playing-sheet.tsx";
import { useOpenPanel } from "../playback/panels.ts";
import { PlayerBar } from "../playback/player-bar.tsx";
import { QueuePanel } from "../playback/queue-panel.tsx";
import { NewPlaylistDialog } from "../playlists/new-playlist-dialog.tsx";
import { useMyPlaylists } from "../playlists/playlist-queries.ts";
import { SearchBox } from "../search/search-box.tsx";
import { IconButton } from "../ui/button.tsx";
import { cx } from "../ui/class-names.ts";
import { Mark, Wordmark } from "../ui/logo.tsx";
import { Shortcuts } from "./shortcuts.tsx";
import { setTheme, useTheme } from "./theme.ts";
import { Toasts } from "./toasts.tsx";

interface Place {
  readonly to: "/" | "/search" | "/library" | "/history" | "/studio" | "/settings";
  readonly name: string;
  readonly icon: LucideIcon;
}

const HOME: Place = { to: "/", name: "Home", icon: House };
const SEARCH: Place = { to: "/search", name: "Search", icon: Search };
const LIBRARY: Place = { to: "/library", name: "Library", icon: Library };
const HISTORY: Place = { to: "/history", name: "History", icon: Clock };
const STUDIO: Place = { to: "/studio", name: "Studio", icon: UploadCloud };
const SETTINGS: Place = { to: "/settings", name: "Settings", icon: Settings };

export function Shell() {
  const isQueueOpen = useOpenPanel() === "queue";
  return (
    <>
      <a
        href="#page"
        className="fixed top-3 left-3 z-60 -translate-y-20 rounded-full bg-brass px-5 py-2.5 font-semibold text-on-brass focus:translate-y-0"
      >
        Skip to the page
      </a>
      <div className="md:grid md:grid-cols-[15rem_minmax(0,1fr)]">
        <Sidebar />
        <div className={cx("min-w-0", isQueueOpen && "xl:pr-88")}>
          <TopBar />
          <Page />
        </div>
      </div>
      <PlayerBar />
      <TabBar />
      <QueuePanel />
      <NowPlayingSheet />
      <SignInDialog />
      <NewPlaylistDialog />
      <Shortcuts />
      <Toasts />
    </>
  );
}

/** Takes the focus after each navigation but the first, except to the search, where one is typing. */
function Page() {
  const path = useRouterState({ select: (state) => state.location.pathname });
  const main = useRef<HTMLElement>(null);
  const shownPath = useRef(path);
  useEffect(() => {
    if (shownPath.current === path) return;
    shownPath.current = path;
    if (path !== "/search") main.current?.focus({ preventScroll: true });
  }, [path]);
  return (
    <main
      id="page"
      ref={main}
      tabIndex={-1}
      className="mx-auto max-w-384 px-(--gutter) pt-2 pb-[calc(var(--player-height)+var(--tabs-height)+4rem)]"
    >
      <Outlet />
    </main>
  );
}

function TopBar() {
  return (
    <header className="sticky top-0 z-20 flex h-18 items-center gap-3 bg-canvas/92 px-(--gutter) backdrop-blur-md md:gap-4">
      <Link to="/" aria-label="Rimshot, home" className="rounded-md md:hidden">
        <Mark className="size-8" />
      </Link>
      <SearchBox />
      <span className="grow" />
      <AccountMenu />
    </header>
  );
}

function Sidebar() {
  const account = useAccount();
  const places = [HOME, SEARCH, LIBRARY, HISTORY];
  if (account && mayPublish(account)) places.push(STUDIO);
  return (
    <div className="sticky top-0 hidden h-[calc(100dvh-var(--player-height))] flex-col border-r border-line px-4 pt-5 pb-4 md:flex">
      <Link to="/" aria-label="Rimshot, home" className="mb-7 ml-3 w-fit rounded-md">
        <Wordmark className="h-8" />
      </Link>
      <nav aria-label="Places">
        <ul className="flex flex-col gap-1">
          {places.map((place) => (
            <li key={place.to}>
              <PlaceLink place={place} />
            </li>
          ))}
        </ul>
      </nav>
      <MyPlaylists />
      <div className="flex items-center justify-between pt-3">
        <PlaceLink place={SETTINGS} />
        <ThemeToggle />
      </div>
    </div>
  );
}

function PlaceLink({ place }: { place: Place }) {
  const Icon = place.icon;
  return (
    <Link
      to={place.to}
      activeOptions={{ exact: place.to === "/", includeSearch: false }}
      className="flex min-h-11 items-center gap-3.5 rounded-lg px-3 font-semibold text-soft transition-colors hover:bg-raised hover:text-ink data-[status=active]:text-ink [&[data-status=active]>svg]:text-strike-text"
    >
      <Icon className="size-5" aria-hidden="true" />
      {place.name}
    </Link>
  );
}

function MyPlaylists() {
  const playlists = useMyPlaylists();
  const items = playlists.data?.items ?? [];
  if (items.length === 0) return <div className="grow" />;
  return (
    <nav aria-label="My playlists" className="mt-6 min-h-0 grow overflow-y-auto border-t border-line pt-4">
      <h2 className="px-3 pb-2 text-sm font-semibold text-faint">Playlists</h2>
      <ul>
        {items.map((playlist) => (
          <li key={playlist.id}>
            <Link
              to="/playlist/$id"
              params={{ id: playlist.id }}
              className="block truncate rounded-lg px-3 py-2 text-sm text-soft hover:bg-raised hover:text-ink data-[status=active]:font-semibold data-[status=active]:text-ink"
            >
              {playlist.name}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function ThemeToggle() {
  const theme = useTheme();
  const isDark = theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  const Icon = isDark ? Sun : Moon;
  return (
    <IconButton
      label={isDark ? "Switch to light" : "Switch to dark"}
      onClick={() => setTheme(isDark ? "light" : "dark")}
    >
      <Icon className="size-5" />
    </IconButton>
  );
}

function TabBar() {
  const account = useAccount();
  const last = account && mayPublish(account) ? STUDIO : SETTINGS;
  return (
    <nav
      aria-label="Places"
      className="fixed inset-x-0 bottom-0 z-30 flex h-(--tabs-height) items-start border-t border-line bg-surface pt-1 md:hidden"
    >
      {[HOME, SEARCH, LIBRARY, HISTORY, last].map((place) => (
        <TabLink key={place.to} place={place} />
      ))}
    </nav>
  );
}

function TabLink({ place }: { place: Place }) {
  const Icon = place.icon;
  return (
    <Link
      to={place.to}
      activeOptions={{ exact: place.to === "/", includeSearch: false }}
      className="flex min-h-12 flex-1 flex-col items-center justify-center gap-1 text-xs text-soft data-[status=active]:font-semibold data-[status=active]:text-ink [&[data-status=active]>svg]:text-strike-text"
    >
      <Icon className="size-5.5" aria-hidden="true" />
      {place.name}
    </Link>
  );
}
