/**
 * Where the sound is: the origins of a list that is separated by spaces, the preferred one first; none for an empty one.
 * Throws where the setting is no list of origins: broken URLs would be found out by listeners.
 */
export function audioOrigins(setting: string): string[] {
  return setting
    .split(/\s+/)
    .filter((text) => text !== "")
    .map(originOf);
}

function originOf(text: string): string {
  const { protocol, origin } = new URL(text);
  if (protocol !== "https:" && protocol !== "http:") throw new TypeError(`${text} is no URL of the web`);
  return origin;
}
