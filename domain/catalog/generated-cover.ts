/**
 * A cover for a release that has none, drawn from its id: the same id is the same picture everywhere, so nothing is
 * stored. Rims of drums in two related colours, with one stroke across.
 */
const SIZE = 640;
const RINGS = 7;

/** Hues that go together: the two of the ground, and that of the rims. */
const PALETTES: readonly (readonly [from: number, to: number, rims: number])[] = [
  [228, 268, 190],
  [350, 18, 40],
  [176, 210, 46],
  [282, 332, 24],
  [210, 238, 344],
  [14, 342, 48],
  [252, 204, 164],
  [318, 272, 204],
  [26, 4, 52],
  [216, 188, 32],
  [196, 168, 56],
  [300, 244, 330],
];

export function generatedCover(id: string): string {
  const random = generator(id);
  const [from, to, rims] = PALETTES[Math.floor(random() * PALETTES.length)] ?? [0, 0, 0];
  const centreX = SIZE * (0.2 + random() * 0.6);
  const centreY = SIZE * (0.2 + random() * 0.6);
  const rings = Array.from({ length: RINGS }, (_unused, index) => ring(index, centreX, centreY, rims, random));
  const angle = Math.floor(random() * 180);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE} ${SIZE}" width="${SIZE}" height="${SIZE}">`,
    `<defs><linearGradient id="g" gradientTransform="rotate(${Math.floor(random() * 90)})">`,
    `<stop offset="0" stop-color="hsl(${from} 58% 20%)"/><stop offset="1" stop-color="hsl(${to} 56% 38%)"/>`,
    "</linearGradient></defs>",
    `<rect width="${SIZE}" height="${SIZE}" fill="url(#g)"/>`,
    ...rings,
    `<g transform="rotate(${angle} ${SIZE / 2} ${SIZE / 2})">`,
    `<rect x="-160" y="${SIZE / 2 - 7}" width="${SIZE + 320}" height="14" rx="7" fill="hsl(${rims} 60% 94%)" opacity=".9"/>`,
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
  // Ids of one moment differ in their last characters: this spreads the difference over the first number too.
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  state ^= state >>> 16;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
