import { useState } from "react";
import { useObservable } from "../app/observable.ts";
import { Dialog } from "../ui/dialog.tsx";
import { type AccountFormKind, SignInForm } from "./sign-in-form.tsx";
import { type SignInPrompt, signInPrompt } from "./sign-in-prompt.ts";

/** Stands over the page, so that the guest is where they were when they have an account. */
export function SignInDialog() {
  const prompt = useObservable(signInPrompt, (value) => value.open);
  return prompt === null ? null : <OpenDialog prompt={prompt} />;
}

function OpenDialog({ prompt }: { prompt: SignInPrompt }) {
  const [kind, setKind] = useState<AccountFormKind>("sign-in");
  const close = () => signInPrompt.set({ open: null });
  const isNew = kind === "sign-up";
  return (
    <Dialog
      isOpen
      onClose={close}
      title={isNew ? "Join Rimshot" : "Sign in"}
      description={`${isNew ? "Make an account" : "Sign in"} ${prompt.purpose}. You stay right here.`}
    >
      <SignInForm
        key={kind}
        kind={kind}
        onDone={() => {
          close();
          prompt.resume();
        }}
      />
      <p className="mt-5 text-center text-sm text-soft">
        {isNew ? "You have an account? " : "New here? "}
        <button
          type="button"
          className="font-semibold text-ink underline underline-offset-4"
          onClick={() => setKind(isNew ? "sign-in" : "sign-up")}
        >
          {isNew ? "Sign in" : "Make an account"}
        </button>
      </p>
    </Dialog>
  );
}
