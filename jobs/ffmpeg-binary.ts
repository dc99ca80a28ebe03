/** Where ffmpeg is: what the operator names, else the system's own, else the build that comes with the npm package. */
import { accessSync, chmodSync, constants, statSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, isAbsolute, join } from "node:path";

export const FFMPEG_VARIABLE = "RIMSHOT_FFMPEG";

const EXECUTABLE_MODE = 0o755;

let found: { readonly key: string; readonly path: string } | undefined;

/**
 * The path of an executable ffmpeg. RIMSHOT_FFMPEG overrides the search; it throws where that names no executable
 * file, rather than to run another build than the operator asked for, and where there is no ffmpeg at all.
 */
export function ffmpegPath(): string {
  const override = process.env[FFMPEG_VARIABLE] ?? "";
  const searchPath = process.env["PATH"] ?? "";
  const key = `${override}\n${searchPath}`;
  // The search touches the disk and the answer does not change while the environment stands.
  if (found?.key !== key) found = { key, path: locate(override, searchPath) };
  return found.path;
}

function locate(override: string, searchPath: string): string {
  if (override !== "") {
    if (isExecutableFile(override)) return override;
    throw new Error(`${FFMPEG_VARIABLE} is ${override}, which is not an executable file`);
  }
  const name = process.platform === "win32" ? "ffmpeg.exe" : "ffmpeg";
  // A relative entry of PATH would depend on where the process stands.
  const folders = searchPath.split(delimiter).filter((folder) => isAbsolute(folder));
  return folders.map((folder) => join(folder, name)).find(isExecutableFile) ?? packagedPath();
}

function packagedPath(): string {
  const path = requirePackaged();
  // The package's install script, which would set the mode, does not run here.
  if (!isExecutableFile(path)) chmodSync(path, EXECUTABLE_MODE);
  return path;
}

/** The package throws while it loads where it has no build for the machine: so only when it is needed. */
function requirePackaged(): string {
  const require = createRequire(import.meta.url);
  try {
    return (require("@ffmpeg-installer/ffmpeg") as typeof import("@ffmpeg-installer/ffmpeg")).path;
  } catch (cause) {
    const machine = `${process.platform}-${process.arch}`;
    throw new Error(`no ffmpeg on PATH and no packaged one for ${machine}: install ffmpeg or set ${FFMPEG_VARIABLE}`, {
      cause,
    });
  }
}

function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
