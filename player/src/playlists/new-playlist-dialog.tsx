import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { PLAYLIST_NAME_MAX } from "#domain/playlists/playlist.ts";
import { randomKey } from "../api/keys.ts";
import { fieldMessage } from "../api/problem.ts";
import { observable, useObservable } from "../app/observable.ts";
import { say } from "../app/toasts.tsx";
import type { QueueTrack } from "../playback/queue.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { TextField } from "../ui/field.tsx";
import { Problem } from "../ui/states.tsx";
import { useCreatePlaylist } from "./playlist-queries.ts";

/** The wish for a new playlist, and the track it is for. */
export const newPlaylist = observable<{ readonly open: { readonly track: QueueTrack | null } | null }>({ open: null });

export function NewPlaylistDialog() {
  const wish = useObservable(newPlaylist, (value) => value.open);
  const close = () => newPlaylist.set({ open: null });
  return (
    <Dialog
      isOpen={wish !== null}
      onClose={close}
      title="New playlist"
      {...(wish?.track ? { description: `It begins with “${wish.track.name}”.` } : {})}
    >
      {wish !== null && <NewPlaylistForm track={wish.track} onDone={close} />}
    </Dialog>
  );
}

function NewPlaylistForm({ track, onDone }: { track: QueueTrack | null; onDone: () => void }) {
  const [name, setName] = useState("");
  const [idempotencyKey, setIdempotencyKey] = useState(randomKey);
  const create = useCreatePlaylist();
  const navigate = useNavigate();
  const submit = () => {
    create.mutate(
      { name: name.trim(), idempotencyKey, track },
      {
        onSuccess(playlist) {
          onDone();
          say(`${playlist.name} is here`);
          if (track === null) void navigate({ to: "/playlist/$id", params: { id: playlist.id } });
        },
      },
    );
  };
  const nameError = fieldMessage(create.error, "name");
  return (
    <form
      className="flex flex-col gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <TextField
        label="Name"
        value={name}
        maxLength={PLAYLIST_NAME_MAX}
        required
        autoFocus
        placeholder="Sunday morning"
        error={nameError}
        onChange={(event) => {
          setName(event.currentTarget.value);
          // Another name is another wish.
          setIdempotencyKey(randomKey());
          create.reset();
        }}
      />
      {create.error !== null && nameError === undefined && <Problem error={create.error} />}
      <div className="flex justify-end gap-3">
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" look="brass" isBusy={create.isPending} disabled={name.trim() === ""}>
          Create
        </Button>
      </div>
    </form>
  );
}
