import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { usePageTitle } from "../app/page-title.ts";
import { Drumhead } from "../catalog/drumhead.tsx";
import { buttonClass } from "../ui/button.tsx";
import { Empty } from "../ui/states.tsx";
import { localPath } from "./return-path.ts";
import { useAccount } from "./session.ts";
import { type AccountFormKind, SignInForm } from "./sign-in-form.tsx";

export function SignInPage() {
  return <AccountPage kind="sign-in" />;
}

export function SignUpPage() {
  return <AccountPage kind="sign-up" />;
}

function AccountPage({ kind }: { kind: AccountFormKind }) {
  const isNew = kind === "sign-up";
  const { next } = useSearch({ strict: false });
  const router = useRouter();
  const account = useAccount();
  usePageTitle(isNew ? "Make an account" : "Sign in");
  if (account) {
    return (
      <Empty
        title={`You are signed in as ${account.name}`}
        action={
          <Link to="/" className={buttonClass("brass")}>
            Go home
          </Link>
        }
      >
        To use another account, sign out first, from the menu at the top.
      </Empty>
    );
  }
  return (
    <div className="relative mx-auto grid max-w-5xl items-center gap-10 py-6 lg:grid-cols-[1fr_26rem] lg:py-16">
      <div className="relative hidden h-104 overflow-hidden rounded-2xl bg-brass p-10 lg:block" aria-hidden="true">
        <p className="display relative z-10 max-w-60 text-5xl text-on-brass">Hit the rim.</p>
        <Drumhead
          imageUrl={null}
          className="absolute -right-24 -bottom-32 w-108 rotate-96 [--canvas:#101412] [--ink:#101412] [--spark:transparent] [--stick:#101412]"
        />
      </div>
      <div>
        <h1 className="display mb-2 text-4xl">{isNew ? "Join Rimshot" : "Welcome back"}</h1>
        <p className="mb-7 text-soft">
          {isNew ? "Then everything plays, from the start to the end." : "Sign in, and go on where you stopped."}
        </p>
        <SignInForm key={kind} kind={kind} onDone={() => router.history.push(localPath(next))} />
        <p className="mt-6 text-sm text-soft">
          {isNew ? "You have an account? " : "New here? "}
          <Link
            to={isNew ? "/sign-in" : "/sign-up"}
            search={next === undefined ? {} : { next }}
            className="font-semibold text-ink underline underline-offset-4"
          >
            {isNew ? "Sign in" : "Make an account"}
          </Link>
        </p>
      </div>
    </div>
  );
}
