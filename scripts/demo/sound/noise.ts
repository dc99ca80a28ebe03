/** Marsaglia's xorshift of 32 bits: good enough for noise, and quick. The state is never 0. */
export function nextNoise(noise: number): number {
  const first = noise ^ (noise << 13);
  const second = first ^ (first >>> 17);
  return second ^ (second << 5);
}
