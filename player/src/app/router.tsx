import {
  createRootRoute,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  Link,
  lazyRouteComponent,
} from "@tanstack/react-router";
import { SignInPage, SignUpPage } from "../accounts/sign-in-page.tsx";
import { AlbumPage } from "../catalog/album-page.tsx";
import { ArtistPage } from "../catalog/artist-page.tsx";
import { HomePage } from "../catalog/home-page.tsx";
import { HistoryPage } from "../history/history-page.tsx";
import { LibraryPage } from "../playlists/library-page.tsx";
import { PlaylistPage } from "../playlists/playlist-page.tsx";
import { SearchPage } from "../search/search-page.tsx";
import { SettingsPage } from "../settings/settings-page.tsx";
import { buttonClass } from "../ui/button.tsx";
import { Empty, Problem, RowSkeletons } from "../ui/states.tsx";
import { usePageTitle } from "./page-title.ts";
import { Shell } from "./shell.tsx";

const root = createRootRoute({ component: Shell, notFoundComponent: NotFoundPage, errorComponent: FailedPage });
const at = <Path extends string>(path: Path, component: () => React.ReactNode) =>
  createRoute({ getParentRoute: () => root, path, component });

interface ReturnSearch {
  readonly next?: string;
}

function returnSearch(search: Record<string, unknown>): ReturnSearch {
  return typeof search["next"] === "string" ? { next: search["next"] } : {};
}

const search = createRoute({
  getParentRoute: () => root,
  path: "/search",
  component: SearchPage,
  validateSearch: ({ q }: Record<string, unknown>): { q?: string } => {
    // The router reads `?q=1979` as a number; a search is for words.
    if (typeof q === "number" || typeof q === "boolean") return { q: String(q) };
    return typeof q === "string" ? { q } : {};
  },
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  component: SignInPage,
  validateSearch: returnSearch,
});

const signUp = createRoute({
  getParentRoute: () => root,
  path: "/sign-up",
  component: SignUpPage,
  validateSearch: returnSearch,
});

/** The studio is for few: it comes in a bundle of its own. */
const studio = createRoute({
  getParentRoute: () => root,
  path: "/studio",
  component: lazyRouteComponent(() => import("../studio/studio-page.tsx"), "StudioPage"),
});

const studioRelease = createRoute({
  getParentRoute: () => root,
  path: "/studio/releases/$id",
  component: lazyRouteComponent(() => import("../studio/release-page.tsx"), "ReleasePage"),
});

const routeTree = root.addChildren([
  at("/", HomePage),
  search,
  at("/album/$id", AlbumPage),
  at("/artist/$id", ArtistPage),
  at("/playlist/$id", PlaylistPage),
  at("/library", LibraryPage),
  at("/history", HistoryPage),
  at("/settings", SettingsPage),
  signIn,
  signUp,
  studio,
  studioRelease,
]);

export const router = createRouter({
  routeTree,
  scrollRestoration: true,
  defaultPreload: "intent",
  defaultPendingComponent: () => <RowSkeletons count={8} />,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

function NotFoundPage() {
  usePageTitle("Not found");
  return (
    <>
      <h1 className="display mb-6 text-4xl sm:text-5xl">A miss.</h1>
      <Empty
        title="There is nothing at this address"
        action={
          <Link to="/" className={buttonClass("brass")}>
            Go home
          </Link>
        }
      >
        The link may be old, or a letter of it may be missing. Search for what you were after.
      </Empty>
    </>
  );
}

/** A page that broke. A bundle that a new deployment has replaced is the common cause, and a reload mends it. */
function FailedPage({ error }: ErrorComponentProps) {
  return <Problem error={error} onRetry={() => location.reload()} className="m-6" />;
}
