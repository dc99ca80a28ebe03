/** Asks a guest to sign in and, when they have, goes on with what they wanted. */
import { useQueryClient } from "@tanstack/react-query";
import { observable } from "../app/observable.ts";
import { sayProblem } from "../app/toasts.tsx";
import { sessionQuery } from "./session.ts";

export interface SignInPrompt {
  /** What it is for: "to play Blue Train". */
  readonly purpose: string;
  readonly resume: () => void;
}

export const signInPrompt = observable<{ readonly open: SignInPrompt | null }>({ open: null });

/** Runs what needs an account: at once for who has one, after the sign-in for who has not. */
export function useWithAccount(): (purpose: string, run: () => void) => void {
  const queryClient = useQueryClient();
  return (purpose, run) => {
    const known = queryClient.getQueryData(sessionQuery.queryKey);
    const decide = (isSignedIn: boolean) => {
      if (isSignedIn) run();
      else signInPrompt.set({ open: { purpose, resume: run } });
    };
    if (known !== undefined) return decide(known !== null);
    queryClient.ensureQueryData(sessionQuery).then((account) => decide(account !== null), sayProblem);
  };
}
