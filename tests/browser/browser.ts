/** A real Chromium: the machine's own where there is one, else the one that comes as a package. */
import { accessSync, constants } from "node:fs";
import chromiumPackage from "@sparticuz/chromium";
import { type Browser, chromium } from "playwright-core";

const SYSTEM_CHROMIUMS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
  "--mute-audio",
];

export async function launchBrowser(): Promise<Browser> {
  const executablePath = SYSTEM_CHROMIUMS.find(isExecutable) ?? (await chromiumPackage.executablePath());
  try {
    return await chromium.launch({ executablePath, args: FLAGS });
  } catch (cause) {
    throw new Error("Chromium does not start. Install libnss3 and libnspr4, or a Chromium of the system.", { cause });
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
