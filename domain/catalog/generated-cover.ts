/**
 * A cover for a release that has none, drawn from its id: the same id is the same picture everywhere, so nothing is
 * stored. Rims of drums in two related colours, with one stroke across.
 */
const SIZE = 640;
const RINGS = 7;

export function generatedCover(id: string): string {
  const random = generator(id);
  const hue = Math.floor(random() * 360);
  const partner = (hue + 24 + Math.floor(random() * 150)) % 360;
  const centreX = SIZE * (0.2 + random() * 0.6);
  const centreY = SIZE * (0.2 + random() * 0.6);
  const rings = Array.from({ length: RINGS }, (_unused, index) => ring(index, centreX, centreY, partner, random));
  const angle = Math.floor(random() * 180);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE} ${SIZE}" width="${SIZE}" height="${SIZE}">`,
    `<defs><linearGradient id="g" gradientTransform="rotate(${Math.floor(random() * 90)})">`,
    `<stop offset="0" stop-color="hsl(${hue} 62% 22%)"/><stop offset="1" stop-color="hsl(${partner} 58% 38%)"/>`,
    "</linearGradient></defs>",
    `<rect width="${SIZE}" height="${SIZE}" fill="url(#g)"/>`,
    ...rings,
    `<g transform="rotate(${angle} ${SIZE / 2} ${SIZE / 2})">`,
    `<rect x="-100" y="${SIZE / 2 - 7}" width="${SIZE + 200}" height="14" rx="7" fill="hsl(${hue} 70% 92%)" opacity=".9"/>`,
    "</g></svg>",
  ].join("");
}

function ring(index: number, x: number, y: number, hue: number, random: () => number): string {
  const radius = Math.round(48 + index * (52 + random() * 18));
  const width = Math.round(5 + random() * 22);
  const circumference = Math.round(2 * Math.PI * radius);
  const drawn = Math.round(circumference * (0.35 + random() * 0.65));
  const turn = Math.floor(random() * 360);
  return (
    `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${radius}" fill="none" stroke="hsl(${hue} 78% ${58 + index * 4}%)" ` +
    `stroke-width="${width}" stroke-linecap="round" stroke-dasharray="${drawn} ${circumference}" ` +
    `opacity="${(0.9 - index * 0.1).toFixed(2)}" transform="rotate(${turn} ${x.toFixed(1)} ${y.toFixed(1)})"/>`
  );
}

/** Numbers in [0, 1) that follow from a text (xorshift over an FNV-1a hash). */
function generator(text: string): () => number {
  let state = 0x811c9dc5;
  for (const character of text) state = Math.imul(state ^ character.charCodeAt(0), 0x01000193);
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
