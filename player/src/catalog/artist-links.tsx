import { Link } from "@tanstack/react-router";
import { Fragment } from "react";

interface ArtistLinksProps {
  readonly artists: readonly { readonly id: string; readonly name: string }[];
  readonly onFollow?: () => void;
}

export function ArtistLinks({ artists, onFollow }: ArtistLinksProps) {
  return artists.map((artist, index) => (
    <Fragment key={artist.id}>
      {index > 0 && ", "}
      <Link
        to="/artist/$id"
        params={{ id: artist.id }}
        onClick={() => onFollow?.()}
        className="hover:text-ink hover:underline"
      >
        {artist.name}
      </Link>
    </Fragment>
  ));
}
