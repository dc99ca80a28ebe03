import { useNavigate, useRouterState } from "@tanstack/react-router";
import { Search, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { focusResult, SEARCH_INPUT_ID } from "./result-focus.ts";

const DEBOUNCE_MS = 120;

/** Searches as one types: the words stand in the address, so that results can be linked to and gone back to. */
export function SearchBox() {
  const navigate = useNavigate();
  const { pathname, words } = useRouterState({
    select: ({ location }) => ({ pathname: location.pathname, words: searchWords(location.search) }),
    structuralSharing: true,
  });
  const isOnSearch = pathname === "/search";
  const [text, setText] = useState(words);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const sent = useRef(words);

  // The address changes by other means too: back, forward, a link.
  useEffect(() => {
    const shown = isOnSearch ? words : "";
    if (shown !== sent.current) {
      sent.current = shown;
      setText(shown);
    }
  }, [isOnSearch, words]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const go = (q: string) => {
    clearTimeout(timer.current);
    sent.current = q.trim();
    void navigate({ to: "/search", search: q.trim() === "" ? {} : { q: q.trim() }, replace: isOnSearch });
  };
  const type = (next: string) => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => go(next), DEBOUNCE_MS);
  };

  return (
    <search className="relative w-full max-w-md">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          go(text);
        }}
      >
        <label htmlFor={SEARCH_INPUT_ID} className="sr-only">
          Search for tracks, artists and albums
        </label>
        <Search
          className="pointer-events-none absolute top-1/2 left-4 size-4.5 -translate-y-1/2 text-faint"
          aria-hidden="true"
        />
        <input
          id={SEARCH_INPUT_ID}
          data-testid="search-input"
          type="search"
          enterKeyHint="search"
          autoComplete="off"
          spellCheck={false}
          maxLength={200}
          placeholder="Tracks, artists, albums"
          value={text}
          onChange={(event) => type(event.currentTarget.value)}
          onFocus={() => {
            if (!isOnSearch && text !== "") go(text);
          }}
          onKeyDown={(event) => {
            if (event.key === "ArrowDown" && focusResult("first")) event.preventDefault();
            if (event.key === "Escape" && text !== "") {
              event.preventDefault();
              type("");
            }
          }}
          className="h-11 w-full rounded-full border border-rim bg-surface pr-11 pl-11 placeholder:text-faint hover:border-ink [&::-webkit-search-cancel-button]:hidden"
        />
        {text === "" ? (
          <span
            className="pointer-events-none absolute top-1/2 right-3.5 hidden -translate-y-1/2 rounded border border-rim px-1.5 text-xs text-faint md:block"
            aria-hidden="true"
          >
            /
          </span>
        ) : (
          <button
            type="button"
            aria-label="Clear the search"
            onClick={() => {
              type("");
              document.getElementById(SEARCH_INPUT_ID)?.focus();
            }}
            className="absolute top-1/2 right-1.5 grid size-8 -translate-y-1/2 place-items-center rounded-full text-faint hover:text-ink"
          >
            <X className="size-4.5" />
          </button>
        )}
      </form>
    </search>
  );
}

function searchWords(search: unknown): string {
  if (typeof search !== "object" || search === null || !("q" in search)) return "";
  return typeof search.q === "string" ? search.q : "";
}
