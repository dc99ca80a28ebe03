import { hashKey, MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { sessionQuery } from "./accounts/session.ts";
import { ApiError, retryWhatMayPass } from "./api/problem.ts";
import { router } from "./app/router.tsx";
import { bindStreamLink } from "./playback/bind-stream-link.ts";
import { bindMediaSession } from "./playback/media-session.ts";
import { Player } from "./playback/player.ts";
import { PlayerProvider } from "./playback/player-context.tsx";
import { keepPlayerSettings, loadPlayerSettings } from "./playback/player-settings.ts";
import { playDelivery } from "./plays/play-delivery.ts";
import "./app/styles.css";

const SESSION_HASH = hashKey(sessionQuery.queryKey);

/** A refusal says that the session is over: the page asks who is signed in, and shows what that brings. */
function onError(error: Error): void {
  if (error instanceof ApiError && error.status === 401) {
    void queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey });
  }
}

const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: { queries: { retry: retryWhatMayPass }, mutations: { networkMode: "always" } },
});

const delivery = playDelivery({
  accountId: () => queryClient.getQueryData(sessionQuery.queryKey)?.id ?? null,
  onDelivered: () => void queryClient.invalidateQueries({ queryKey: ["me", "recently-played"] }),
});
const player = new Player(loadPlayerSettings(), delivery);
keepPlayerSettings(player);
bindMediaSession(player);
bindStreamLink(player);
addEventListener("pagehide", () => {
  player.leave();
  delivery.leave();
});
queryClient.getQueryCache().subscribe(({ type, query }) => {
  if (type === "updated" && query.queryHash === SESSION_HASH) delivery.wake();
});
void queryClient.prefetchQuery(sessionQuery);

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <PlayerProvider value={player}>
        <RouterProvider router={router} />
      </PlayerProvider>
    </QueryClientProvider>
  </StrictMode>,
);
