/**
 * The three players of adaptive streams that most sites use, as their own documentation drives them: opened at the
 * lowest tier, with their own choice of tiers switched off unless a test wants it, and moved to another by their own call.
 */
import type { Page } from "playwright-core";

/** What of the page's globals is used here; each library brings its own. */
interface PlayerGlobals {
  /** Set by `open`: moves to a tier, counted from the lowest. */
  switchTo: (tier: number) => void;
  /** Everything a library calls an error, fatal or not. */
  faults: string[];
  readonly Hls: {
    new (
      config: object,
    ): {
      nextLevel: number;
      loadSource(url: string): void;
      attachMedia(media: HTMLMediaElement): void;
      on(event: string, listener: (name: string, data: { readonly details: string }) => void): void;
    };
    readonly Events: { readonly ERROR: string; readonly MANIFEST_PARSED: string };
  };
  readonly dashjs: {
    MediaPlayer(): {
      create(): {
        initialize(media: HTMLMediaElement, url: string, autoPlay: boolean): void;
        updateSettings(settings: object): void;
        on(event: string, listener: (event: { readonly error?: { readonly code: number } }) => void): void;
        getRepresentationsByType(type: "audio"): { readonly id: string; readonly bandwidth: number }[];
        setRepresentationForTypeById(type: "audio", id: string): void;
      };
    };
  };
  readonly shaka: {
    readonly Player: new () => {
      attach(media: HTMLMediaElement): Promise<void>;
      configure(config: object): void;
      load(url: string): Promise<void>;
      addEventListener(event: string, listener: (event: { readonly detail?: { readonly code: number } }) => void): void;
      getVariantTracks(): { readonly bandwidth: number; readonly active: boolean }[];
      selectVariantTrack(track: object, clearBuffer: boolean): void;
    };
  };
}

declare global {
  interface Window extends PlayerGlobals {}
}

export interface AdaptivePlayer {
  readonly name: string;
  readonly manifest: "hls" | "dash";
  /** The library's own build for a `<script>`. */
  readonly script: string;
  /** Begins to play `url` in the page's audio element; `adapts` leaves the choice of tiers to the library. */
  open(page: Page, url: string, adapts?: boolean): Promise<void>;
}

const HLS_JS: AdaptivePlayer = {
  name: "hls.js",
  manifest: "hls",
  script: "node_modules/hls.js/dist/hls.min.js",
  open: (page, url) =>
    page.evaluate(async (source) => {
      const media = document.querySelector("audio") as HTMLAudioElement;
      const player = new window.Hls({ startLevel: 0, enableWorker: false });
      // From the start a choice of ours: the library's own would go up as soon as it has measured the network.
      player.on(window.Hls.Events.MANIFEST_PARSED, () => window.switchTo(0));
      player.on(window.Hls.Events.ERROR, (_name, { details }) => {
        // What was on its way when somebody seeks.
        if (details !== "aborted") window.faults.push(details);
      });
      window.switchTo = (tier) => {
        player.nextLevel = tier;
      };
      player.loadSource(source);
      player.attachMedia(media);
      await media.play();
    }, url),
};

const DASH_JS: AdaptivePlayer = {
  name: "dash.js",
  manifest: "dash",
  script: "node_modules/dashjs/dist/modern/umd/dash.all.min.js",
  open: (page, url) =>
    page.evaluate(async (source) => {
      const media = document.querySelector("audio") as HTMLAudioElement;
      const player = window.dashjs.MediaPlayer().create();
      const abr = { autoSwitchBitrate: { audio: false }, initialBitrate: { audio: 1 } };
      player.updateSettings({ streaming: { abr, buffer: { fastSwitchEnabled: true } } });
      // No more than the number: what hangs on it is a circle, and what is thrown here would end the library's own work.
      player.on("error", ({ error }) => window.faults.push(`dash.js ${error?.code}`));
      window.switchTo = (tier) => {
        const tiers = player.getRepresentationsByType("audio").sort((a, b) => a.bandwidth - b.bandwidth);
        player.setRepresentationForTypeById("audio", tiers[tier]?.id ?? "none");
      };
      player.initialize(media, source, false);
      await media.play();
    }, url),
};

function shakaOn(manifest: "hls" | "dash"): AdaptivePlayer {
  return {
    name: `shaka-player on ${manifest}`,
    manifest,
    script: "node_modules/shaka-player/dist/shaka-player.compiled.js",
    open: (page, url, adapts = false) =>
      page.evaluate(
        async ([source, enabled]) => {
          const media = document.querySelector("audio") as HTMLAudioElement;
          const player = new window.shaka.Player();
          player.addEventListener("error", ({ detail }) => window.faults.push(`shaka ${detail?.code}`));
          await player.attach(media);
          player.configure({ abr: { enabled, useNetworkInformation: false, defaultBandwidthEstimate: 1 } });
          window.switchTo = (tier) => {
            const tiers = player.getVariantTracks().sort((a, b) => a.bandwidth - b.bandwidth);
            player.selectVariantTrack(tiers[tier] ?? {}, true);
          };
          await player.load(source);
          await media.play();
        },
        [url, adapts] as const,
      ),
  };
}

export const ADAPTIVE_PLAYERS: readonly AdaptivePlayer[] = [HLS_JS, DASH_JS, shakaOn("hls"), shakaOn("dash")];
