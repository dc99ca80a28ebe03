import { useNavigate } from "@tanstack/react-router";
import { Switch } from "radix-ui";
import { useId, useState } from "react";
import { PLAYLIST_DESCRIPTION_MAX, PLAYLIST_NAME_MAX } from "#domain/playlists/playlist.ts";
import type { Playlist } from "#workers/api/playlists/playlists-contract.ts";
import { fieldMessage } from "../api/problem.ts";
import { say } from "../app/toasts.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field, TextField } from "../ui/field.tsx";
import { Problem } from "../ui/states.tsx";
import { useChangePlaylist, useDeletePlaylist } from "./playlist-queries.ts";

interface PlaylistDetailsDialogProps {
  readonly playlist: Playlist;
  readonly onClose: () => void;
}

export function PlaylistDetailsDialog({ playlist, onClose }: PlaylistDetailsDialogProps) {
  const [name, setName] = useState(playlist.name);
  const [description, setDescription] = useState(playlist.description);
  const [isPublic, setIsPublic] = useState(playlist.public);
  const [isCollaborative, setIsCollaborative] = useState(playlist.collaborative);
  const change = useChangePlaylist(playlist.id);
  const save = () => {
    const details = { name: name.trim(), description, public: isPublic, collaborative: isCollaborative };
    change.mutate(details, { onSuccess: onClose });
  };
  const fields = { name: fieldMessage(change.error, "name"), description: fieldMessage(change.error, "description") };
  const isFieldProblem = fields.name !== undefined || fields.description !== undefined;
  return (
    <Dialog isOpen onClose={onClose} title="Edit the playlist">
      <form
        className="flex flex-col gap-5"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <TextField
          label="Name"
          value={name}
          maxLength={PLAYLIST_NAME_MAX}
          required
          error={fields.name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Field
          label="Description"
          error={fields.description}
          render={(attributes) => (
            <textarea
              {...attributes}
              className={`${attributes.className} min-h-24 py-2.5`}
              maxLength={PLAYLIST_DESCRIPTION_MAX}
              value={description}
              onChange={(event) => setDescription(event.currentTarget.value)}
            />
          )}
        />
        <Choice label="Public" hint="Anyone with the link may listen." isOn={isPublic} onChange={setIsPublic} />
        <Choice
          label="Edited together"
          hint="Anyone signed in who has the link may add, move and remove tracks."
          isOn={isCollaborative}
          onChange={setIsCollaborative}
        />
        {change.error !== null && !isFieldProblem && <Problem error={change.error} />}
        <div className="flex flex-wrap gap-3">
          <DeleteButton playlist={playlist} />
          <span className="grow" />
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="brass" isBusy={change.isPending} disabled={name.trim() === ""}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Asks once more, in the same place: what is deleted does not come back. */
function DeleteButton({ playlist }: { playlist: Playlist }) {
  const [isSure, setIsSure] = useState(false);
  const remove = useDeletePlaylist(playlist.id);
  const navigate = useNavigate();
  const press = () => {
    if (!isSure) return setIsSure(true);
    remove.mutate(undefined, {
      onSuccess() {
        say(`${playlist.name} is deleted`);
        void navigate({ to: "/library" });
      },
    });
  };
  return (
    <Button look="danger" onClick={press} onBlur={() => setIsSure(false)} isBusy={remove.isPending}>
      {isSure ? "Delete for good" : "Delete"}
    </Button>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly hint: string;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
}

function Choice({ label, hint, isOn, onChange }: ChoiceProps) {
  const id = useId();
  return (
    <div className="flex items-center gap-4">
      <div className="grow">
        <label htmlFor={id} className="text-sm font-semibold">
          {label}
        </label>
        <p id={`${id}-hint`} className="text-sm text-faint">
          {hint}
        </p>
      </div>
      <Switch.Root
        id={id}
        checked={isOn}
        onCheckedChange={onChange}
        aria-describedby={`${id}-hint`}
        className="h-7 w-12 shrink-0 rounded-full border border-rim bg-raised p-0.5 transition-colors data-[state=checked]:border-brass-strong data-[state=checked]:bg-brass"
      >
        <Switch.Thumb className="block size-5.5 rounded-full bg-ink transition-transform data-[state=checked]:translate-x-5 data-[state=checked]:bg-on-brass" />
      </Switch.Root>
    </div>
  );
}
