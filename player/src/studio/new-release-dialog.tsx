import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { RadioGroup } from "radix-ui";
import { useId, useState } from "react";
import type { ReleaseBody } from "#workers/ingest/catalog/catalog-contract.ts";
import { randomKey } from "../api/keys.ts";
import { ApiError, fieldMessage } from "../api/problem.ts";
import { ALBUM_KINDS } from "../catalog/album-kinds.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { SelectField, TextField } from "../ui/field.tsx";
import { Problem } from "../ui/states.tsx";
import { CountryPicker } from "./country-picker.tsx";
import { fromLocalInput, toLocalInput } from "./local-time.ts";
import { artistsQuery, useCreateRelease } from "./studio-queries.ts";

type ReleaseType = NonNullable<ReleaseBody["type"]>;

interface ReleaseForm {
  readonly artist: string;
  readonly title: string;
  readonly type: ReleaseType;
  readonly releaseAt: string;
  readonly isWorldwide: boolean;
  readonly countries: readonly string[];
  readonly exclusions: readonly string[];
  readonly label: string;
  readonly upc: string;
}

const SHOWN_FIELDS = ["name", "artist_id", "title", "release_at", "label", "upc", "deals.0.territories"];

export function NewReleaseDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog
      isOpen
      onClose={onClose}
      isWide
      title="New release"
      description="What it is called, when it comes out, and where. The music and the cover come next."
    >
      <NewReleaseForm onClose={onClose} />
    </Dialog>
  );
}

function NewReleaseForm({ onClose }: { onClose: () => void }) {
  const artists = useQuery(artistsQuery);
  const artistList = useId();
  const navigate = useNavigate();
  const create = useCreateRelease();
  const [idempotencyKey, setIdempotencyKey] = useState(randomKey);
  const [form, setForm] = useState<ReleaseForm>(emptyForm);
  const artist =
    form.artist === "" && artists.data?.items.length === 1 ? (artists.data.items[0]?.name ?? "") : form.artist;
  const change = (part: Partial<ReleaseForm>) => {
    setForm({ ...form, ...part });
    // Another release is another wish.
    setIdempotencyKey(randomKey());
  };
  const isMissingCountries = !form.isWorldwide && form.countries.length === 0;
  const error = (path: string) => fieldMessage(create.error, path);
  const submit = () => {
    create.mutate(
      { artistName: artist.trim(), release: releaseOf(form), idempotencyKey },
      { onSuccess: (release) => void navigate({ to: "/studio/releases/$id", params: { id: release.id } }) },
    );
  };
  return (
    <form
      className="flex flex-col gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div className="grid gap-5 sm:grid-cols-2">
        <TextField
          label="Artist"
          list={artistList}
          value={artist}
          required
          autoFocus
          maxLength={200}
          autoComplete="off"
          hint="One of yours, or a new name"
          error={error("name") ?? error("artist_id")}
          onChange={(event) => change({ artist: event.currentTarget.value })}
        />
        <datalist id={artistList}>
          {artists.data?.items.map((one) => (
            <option key={one.id} value={one.name} />
          ))}
        </datalist>
        <TextField
          label="Title"
          value={form.title}
          required
          maxLength={300}
          error={error("title")}
          onChange={(event) => change({ title: event.currentTarget.value })}
        />
        <SelectField
          label="Type"
          value={form.type}
          onChange={(event) => change({ type: event.currentTarget.value as ReleaseType })}
        >
          {Object.entries(ALBUM_KINDS).map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </SelectField>
        <TextField
          label="Comes out"
          type="datetime-local"
          value={form.releaseAt}
          required
          hint="In your time. A time that has passed means: when its tracks are ready."
          error={error("release_at")}
          onChange={(event) => change({ releaseAt: event.currentTarget.value })}
        />
      </div>
      <Territories
        form={form}
        onChange={change}
        error={error("deals.0.territories") ?? error("deals.0.excluded_territories")}
      />
      <div className="grid gap-5 sm:grid-cols-2">
        <TextField
          label="Label (optional)"
          value={form.label}
          maxLength={200}
          error={error("label")}
          onChange={(event) => change({ label: event.currentTarget.value })}
        />
        <TextField
          label="UPC or EAN (optional)"
          value={form.upc}
          maxLength={20}
          inputMode="numeric"
          error={error("upc")}
          onChange={(event) => change({ upc: event.currentTarget.value })}
        />
      </div>
      {create.error !== null && !isShownBeside(create.error) && <Problem error={create.error} />}
      <div className="flex justify-end gap-3">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="brass" isBusy={create.isPending} disabled={isMissingCountries}>
          Create the release
        </Button>
      </div>
    </form>
  );
}

interface TerritoriesProps {
  readonly form: ReleaseForm;
  readonly onChange: (part: Partial<ReleaseForm>) => void;
  readonly error: string | undefined;
}

function Territories({ form, onChange, error }: TerritoriesProps) {
  const id = useId();
  return (
    <fieldset className="flex flex-col gap-4 rounded-xl border border-line p-4">
      <legend id={id} className="px-1 text-sm font-semibold">
        Where it may be heard
      </legend>
      <RadioGroup.Root
        aria-labelledby={id}
        value={form.isWorldwide ? "world" : "list"}
        onValueChange={(value) => onChange({ isWorldwide: value === "world" })}
        className="flex gap-6"
      >
        {[
          { value: "world", name: "Worldwide" },
          { value: "list", name: "Only some countries" },
        ].map((choice) => (
          <label
            key={choice.value}
            htmlFor={`${id}-${choice.value}`}
            className="flex min-h-10 items-center gap-2.5 text-sm"
          >
            <RadioGroup.Item
              id={`${id}-${choice.value}`}
              value={choice.value}
              className="grid size-5 place-items-center rounded-full border-2 border-rim"
            >
              <RadioGroup.Indicator className="size-2.5 rounded-full bg-strike" />
            </RadioGroup.Item>
            {choice.name}
          </label>
        ))}
      </RadioGroup.Root>
      {!form.isWorldwide && (
        <CountryPicker
          label="Countries"
          codes={form.countries}
          error={error}
          hint={form.countries.length === 0 ? "Add at least one." : ""}
          onChange={(countries) => onChange({ countries })}
        />
      )}
      {form.isWorldwide && (
        <CountryPicker
          label="Except (optional)"
          codes={form.exclusions}
          error={error}
          onChange={(exclusions) => onChange({ exclusions })}
        />
      )}
    </fieldset>
  );
}

function emptyForm(): ReleaseForm {
  return {
    artist: "",
    title: "",
    type: "album",
    releaseAt: toLocalInput(new Date()),
    isWorldwide: true,
    countries: [],
    exclusions: [],
    label: "",
    upc: "",
  };
}

function releaseOf(form: ReleaseForm): Omit<ReleaseBody, "artist_id"> {
  const deal = form.isWorldwide
    ? { territories: ["Worldwide" as const], excluded_territories: [...form.exclusions] }
    : { territories: [...form.countries] };
  return {
    title: form.title.trim(),
    type: form.type,
    release_at: fromLocalInput(form.releaseAt),
    label: form.label.trim(),
    deals: [deal],
    ...(form.upc.trim() === "" ? {} : { upc: form.upc.trim() }),
  };
}

/** Whether every message of the problem stands beside a field already. */
function isShownBeside(error: unknown): boolean {
  if (!(error instanceof ApiError) || error.fields.length === 0) return false;
  return error.fields.every((field) => SHOWN_FIELDS.includes(field.path.replace(/^body\./, "")));
}
