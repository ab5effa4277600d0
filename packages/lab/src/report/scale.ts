/**
 * Round values that span [low, high], about `count` of them: the first is ≤ low, the last
 * ≥ high, steps are 1, 2 or 5 times a power of ten. `limits` bounds them (0 and 1 for shares).
 */
export function ticks(
  low: number,
  high: number,
  count: number,
  limits?: readonly [number, number],
): number[] {
  const span = high > low ? high - low : Math.max(Math.abs(low), 1) * 0.1;
  const raw = span / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(Math.ceil(high / step - 1e-9), first + 1);
  const marks = Array.from({ length: last - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
  if (limits === undefined) return marks;
  const within = marks.filter((mark) => mark >= limits[0] && mark <= limits[1]);
  return within.length > 1 ? within : [...limits];
}
