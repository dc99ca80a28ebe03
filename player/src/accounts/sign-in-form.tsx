import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { fieldMessage } from "../api/problem.ts";
import { Button } from "../ui/button.tsx";
import { Field, TextField } from "../ui/field.tsx";
import { Problem } from "../ui/states.tsx";
import { signIn, signUp } from "./session.ts";

const PASSWORD_LENGTH_MIN = 8;

export type AccountFormKind = "sign-in" | "sign-up";

interface SignInFormProps {
  readonly kind: AccountFormKind;
  readonly onDone: () => void;
}

export function SignInForm({ kind, onDone }: SignInFormProps) {
  const queryClient = useQueryClient();
  const isNew = kind === "sign-up";
  const submit = useMutation({
    mutationFn(form: FormData) {
      const text = (name: string) => String(form.get(name) ?? "");
      const credentials = { email: text("email").trim(), password: text("password") };
      if (!isNew) return signIn(queryClient, credentials);
      return signUp(queryClient, { ...credentials, name: text("name").trim() });
    },
    onSuccess: onDone,
  });
  const error = (path: string) => fieldMessage(submit.error, path);
  const isFieldProblem = error("email") !== undefined || error("password") !== undefined;
  return (
    <form
      data-testid="sign-in-form"
      className="flex flex-col gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        submit.mutate(new FormData(event.currentTarget));
      }}
    >
      {isNew && <TextField label="Name" name="name" autoComplete="name" required maxLength={80} autoFocus />}
      <TextField
        label="E-mail"
        name="email"
        type="email"
        autoComplete="email"
        required
        autoFocus={!isNew}
        error={error("email")}
      />
      <PasswordField isNew={isNew} error={error("password")} />
      {submit.error !== null && !isFieldProblem && <Problem error={submit.error} />}
      <Button type="submit" look="brass" isBusy={submit.isPending} className="min-h-12 text-base!">
        {isNew ? "Make my account" : "Sign in"}
      </Button>
    </form>
  );
}

function PasswordField({ isNew, error }: { isNew: boolean; error: string | undefined }) {
  const [isShown, setIsShown] = useState(false);
  return (
    <Field
      label="Password"
      hint={isNew ? `At least ${PASSWORD_LENGTH_MIN} characters` : undefined}
      error={error}
      render={(attributes) => (
        <div className="relative">
          <input
            {...attributes}
            className={`${attributes.className} pr-12`}
            name="password"
            type={isShown ? "text" : "password"}
            autoComplete={isNew ? "new-password" : "current-password"}
            minLength={isNew ? PASSWORD_LENGTH_MIN : undefined}
            required
          />
          <button
            type="button"
            aria-label={isShown ? "Hide the password" : "Show the password"}
            onClick={() => setIsShown(!isShown)}
            className="absolute inset-y-0 right-0 grid w-12 place-items-center rounded-lg text-faint hover:text-ink"
          >
            {isShown ? <EyeOff className="size-5" /> : <Eye className="size-5" />}
          </button>
        </div>
      )}
    />
  );
}
