import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Takedown, TakedownBody } from "#workers/ingest/takedowns/takedowns-contract.ts";
import { call } from "../api/client.ts";
import { say, sayProblem } from "../app/toasts.tsx";

const takedownsQuery = (releaseId: string) =>
  queryOptions({
    queryKey: ["studio", "takedowns", releaseId],
    queryFn: ({ signal }) => call("get /v1/ingest/takedowns", { query: { release_id: releaseId } }, { signal }),
  });

/** What of a release is taken down; empty until it is known. */
export function useTakedowns(releaseId: string): readonly Takedown[] {
  return useQuery(takedownsQuery(releaseId)).data?.items ?? [];
}

export function useTakeDown(releaseId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: TakedownBody) => call("post /v1/ingest/takedowns", { body }),
    // After a failure too: it may be recorded, and on its way.
    onSettled: () => queryClient.invalidateQueries({ queryKey: takedownsQuery(releaseId).queryKey }),
  });
}

/** Where others took it down too, it `staysDown`. */
export function useRestore(releaseId: string, title: string, staysDown: boolean) {
  const queryClient = useQueryClient();
  return useMutation({
    async mutationFn(takedowns: readonly Takedown[]): Promise<void> {
      // One by one: a release may have hundreds of tracks.
      for (const { id } of takedowns) await call("delete /v1/ingest/takedowns/:id", { params: { id } });
    },
    // Here, not with the button: it goes with what it restores.
    onSuccess: () =>
      say(
        staysDown
          ? `Your takedown of “${title}” is lifted; what Rimshot took down stays down`
          : `“${title}” is restored`,
      ),
    onError: sayProblem,
    onSettled: () => queryClient.invalidateQueries({ queryKey: takedownsQuery(releaseId).queryKey }),
  });
}
