import { Monitor, Moon, Sun } from "lucide-react";
import { RadioGroup } from "radix-ui";
import type { ReactNode } from "react";
import { usePageTitle } from "../app/page-title.ts";
import { setTheme, THEMES, type Theme, useTheme } from "../app/theme.ts";
import { usePlayer, usePlayerState } from "../playback/player-context.tsx";
import { QUALITIES, type Quality } from "../playback/rendition-choice.ts";

const QUALITY_TEXTS: Readonly<Record<Quality, { name: string; hint: string }>> = {
  low: { name: "Low", hint: "96 kbit/s, about 0.7 MB a minute: for little data" },
  normal: { name: "Normal", hint: "160 kbit/s, about 1.2 MB a minute" },
  high: { name: "High", hint: "320 kbit/s, about 2.4 MB a minute: hard to tell from the master" },
  lossless: { name: "Lossless", hint: "FLAC, 5 MB a minute or more: every bit of the master" },
};

const THEME_TEXTS: Readonly<Record<Theme, { name: string; icon: ReactNode }>> = {
  system: { name: "As the system", icon: <Monitor /> },
  light: { name: "Light", icon: <Sun /> },
  dark: { name: "Dark", icon: <Moon /> },
};

export function SettingsPage() {
  usePageTitle("Settings");
  const player = usePlayer();
  const quality = usePlayerState((state) => state.quality);
  const theme = useTheme();
  return (
    <div className="flex max-w-2xl flex-col gap-12">
      <h1 className="display text-4xl sm:text-5xl">Settings</h1>
      <section aria-labelledby="quality">
        <h2 id="quality" className="heading mb-1 text-xl">
          Sound quality
        </h2>
        <p className="mb-4 text-soft">What plays changes over at once, where it stands.</p>
        <RadioGroup.Root
          aria-labelledby="quality"
          value={quality}
          onValueChange={(value) => player.setQuality(value as Quality)}
          className="flex flex-col gap-2"
        >
          {QUALITIES.map((one) => (
            <Option key={one} value={one} name={QUALITY_TEXTS[one].name} hint={QUALITY_TEXTS[one].hint} />
          ))}
        </RadioGroup.Root>
      </section>
      <section aria-labelledby="theme">
        <h2 id="theme" className="heading mb-4 text-xl">
          Light and dark
        </h2>
        <RadioGroup.Root
          aria-labelledby="theme"
          value={theme}
          onValueChange={(value) => setTheme(value as Theme)}
          className="grid gap-2 sm:grid-cols-3"
        >
          {THEMES.map((one) => (
            <Option key={one} value={one} name={THEME_TEXTS[one].name} icon={THEME_TEXTS[one].icon} />
          ))}
        </RadioGroup.Root>
      </section>
      <section aria-labelledby="volume">
        <h2 id="volume" className="heading mb-1 text-xl">
          Loudness
        </h2>
        <p className="text-soft">
          Loud tracks are brought down to −14 LUFS, so that one does not shout at you after another. Quiet ones stay as
          they are.
        </p>
      </section>
    </div>
  );
}

interface OptionProps {
  readonly value: string;
  readonly name: string;
  readonly hint?: string;
  readonly icon?: ReactNode;
}

function Option({ value, name, hint, icon }: OptionProps) {
  return (
    <RadioGroup.Item
      value={value}
      className="flex items-center gap-4 rounded-xl border border-rim px-4 py-3 text-left transition-colors hover:border-ink data-[state=checked]:border-ink data-[state=checked]:bg-surface"
    >
      <span className="grid size-5 shrink-0 place-items-center rounded-full border-2 border-rim" aria-hidden="true">
        <RadioGroup.Indicator className="size-2.5 rounded-full bg-strike" />
      </span>
      <span className="grow">
        <span className="block font-semibold">{name}</span>
        {hint !== undefined && <span className="block text-sm text-soft">{hint}</span>}
      </span>
      {icon !== undefined && <span className="text-faint [&>svg]:size-5">{icon}</span>}
    </RadioGroup.Item>
  );
}
