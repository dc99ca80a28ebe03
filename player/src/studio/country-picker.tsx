import { X } from "lucide-react";
import { useId, useState } from "react";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { COUNTRIES, countryName, findCountry } from "./countries.ts";

interface CountryPickerProps {
  readonly label: string;
  readonly hint?: string;
  readonly error?: string | undefined;
  readonly codes: readonly string[];
  readonly onChange: (codes: readonly string[]) => void;
}

/** Countries by name or code, one after the other. */
export function CountryPicker({ label, hint, error, codes, onChange }: CountryPickerProps) {
  const listId = useId();
  const [text, setText] = useState("");
  const [unknown, setUnknown] = useState(false);
  const add = (typed: string) => {
    const country = findCountry(typed);
    if (country === null) return setUnknown(typed.trim() !== "");
    if (!codes.includes(country.code)) onChange([...codes, country.code]);
    setText("");
  };
  return (
    <div className="flex flex-col gap-2.5">
      <Field
        label={label}
        hint={hint}
        error={unknown ? "No country has this name or code." : error}
        render={(attributes) => (
          <div className="flex gap-2">
            <input
              {...attributes}
              list={listId}
              value={text}
              autoComplete="off"
              placeholder="A name, or a code such as DE"
              onChange={(event) => {
                const typed = event.currentTarget.value;
                setText(typed);
                setUnknown(false);
                // A whole name that was picked from the list needs no further key.
                if (COUNTRIES.some((country) => country.name === typed)) add(typed);
              }}
              onKeyDown={(event) => {
                if (event.key !== "Enter") return;
                event.preventDefault();
                add(text);
              }}
            />
            <Button onClick={() => add(text)}>Add</Button>
          </div>
        )}
      />
      <datalist id={listId}>
        {COUNTRIES.map((country) => (
          <option key={country.code} value={country.name} />
        ))}
      </datalist>
      {codes.length > 0 && (
        <ul className="flex flex-wrap gap-2">
          {codes.map((code) => (
            <li key={code} className="flex items-center gap-1 rounded-full bg-raised py-1 pr-1 pl-3.5 text-sm">
              {countryName(code)}
              <button
                type="button"
                aria-label={`Remove ${countryName(code)}`}
                className="grid size-7 place-items-center rounded-full text-faint hover:text-ink"
                onClick={() => onChange(codes.filter((other) => other !== code))}
              >
                <X className="size-4" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
