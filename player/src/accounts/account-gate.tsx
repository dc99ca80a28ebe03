import { useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { buttonClass } from "../ui/button.tsx";
import { Empty, Problem, RowSkeletons } from "../ui/states.tsx";
import { sessionQuery } from "./session.ts";

interface AccountGateProps {
  readonly title: string;
  readonly purpose: string;
  readonly children: ReactNode;
}

/** Shows what is for accounts, and to a guest how to get there. */
export function AccountGate({ title, purpose, children }: AccountGateProps) {
  const session = useQuery(sessionQuery);
  const here = useLocation({ select: (location) => location.href });
  if (session.error !== null) return <Problem error={session.error} onRetry={() => void session.refetch()} />;
  if (session.data === undefined) return <RowSkeletons count={5} />;
  if (session.data !== null) return children;
  return (
    <Empty
      title={title}
      action={
        <Link to="/sign-in" search={{ next: here }} className={buttonClass("brass")}>
          Sign in
        </Link>
      }
    >
      Sign in {purpose}, or make an account in half a minute.
    </Empty>
  );
}
