import type { ReactNode } from "react";
import { AccountGate } from "../accounts/account-gate.tsx";
import { mayPublish, useAccount } from "../accounts/session.ts";
import { Empty } from "../ui/states.tsx";

/** The studio is for accounts that publish; others are told how to become one. */
export function StudioGate({ children }: { children: ReactNode }) {
  return (
    <AccountGate title="The studio is for artists and labels" purpose="to publish music">
      <ArtistsOnly>{children}</ArtistsOnly>
    </AccountGate>
  );
}

function ArtistsOnly({ children }: { children: ReactNode }) {
  const account = useAccount();
  if (account && mayPublish(account)) return children;
  return (
    <Empty title="This account listens">
      To publish music, an account needs the role of an artist or a label. Ask whoever runs this Rimshot to give it to{" "}
      {account?.email ?? "yours"}, then sign in again.
    </Empty>
  );
}
