import { useState } from "react";
import type { TAKEDOWN_REASON_MAX, TakedownBody } from "#workers/ingest/takedowns/takedowns-contract.ts";
import { ApiError, fieldMessage } from "../api/problem.ts";
import { say } from "../app/toasts.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { TextField } from "../ui/field.tsx";
import { Problem } from "../ui/states.tsx";
import { useTakeDown } from "./takedown-queries.ts";

/** The service's own: the type keeps the two from drifting apart. */
const REASON_MAX: typeof TAKEDOWN_REASON_MAX = 500;

interface TakedownDialogProps {
  readonly releaseId: string;
  readonly title: string;
  readonly target: Omit<TakedownBody, "reason">;
  readonly onClose: () => void;
}

export function TakedownDialog({ releaseId, title, target, onClose }: TakedownDialogProps) {
  const [reason, setReason] = useState("");
  const takeDown = useTakeDown(releaseId);
  const isRelease = target.release_id !== undefined;
  const submit = () => {
    const onSuccess = () => {
      say(`“${title}” is taken down`);
      onClose();
    };
    takeDown.mutate({ ...target, reason: reason.trim() }, { onSuccess });
  };
  const wrongReason = fieldMessage(takeDown.error, "reason");
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Take “${title}” down?`}
      description={
        isRelease
          ? "None of its tracks can be played any more: within a minute, in every country."
          : "It cannot be played any more: within a minute, in every country."
      }
    >
      <form
        className="flex flex-col gap-5"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <ul className="flex list-disc flex-col gap-1.5 pl-5 text-sm text-soft">
          <li>Who listens to it right now hears what has been loaded, and then it stops.</li>
          <li>Its files, its place in playlists and its plays so far are kept. You can restore it at any time.</li>
          {isRelease && <li>Tracks that you add to the release later are not taken down with it.</li>}
        </ul>
        <TextField
          label="Reason"
          value={reason}
          required
          autoFocus
          maxLength={REASON_MAX}
          autoComplete="off"
          hint="Shown to the release's owner. Listeners do not see it."
          error={wrongReason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {takeDown.error !== null && wrongReason === undefined && <Failure error={takeDown.error} />}
        <div className="flex justify-end gap-3">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="danger" isBusy={takeDown.isPending} disabled={reason.trim() === ""}>
            Take down
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** The service says itself whether a takedown that it could not finish goes on without us. */
function Failure({ error }: { error: Error }) {
  if (!(error instanceof ApiError) || error.kind !== "unavailable") return <Problem error={error} />;
  return (
    <p role="alert" className="rounded-xl bg-danger-wash px-4 py-3 text-sm">
      <span className="font-semibold">This takes longer than it should.</span>{" "}
      <span className="text-soft">{error.detail ?? "Try again in a moment."}</span>
    </p>
  );
}
