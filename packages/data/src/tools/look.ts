/** How a picture looks, in so few numbers that millions can be compared. */
export interface Look {
  /** 128 bits: whether brightness grows from each of 8 × 8 places to the right, and downwards. */
  readonly bits: Uint32Array;
  /** Mean red, green and blue. */
  readonly mean: readonly [number, number, number];
}

/** Bits that two pictures of one look may differ in, and the means of a channel. */
const mostBits = 10;
const mostMean = 16;
/** Brightness (in thousandths of a byte) that counts as growing: less is noise of compression. */
const leastStep = 3000;

/** @param picture [9, 9, 3] bytes */
export function lookOf(picture: Uint8Array): Look {
  const grey = (x: number, y: number): number => {
    const at = (y * 9 + x) * 3;
    return 299 * picture[at]! + 587 * picture[at + 1]! + 114 * picture[at + 2]!;
  };
  const bits = new Uint32Array(4);
  for (let i = 0; i < 64; i++) {
    const [x, y] = [i % 8, i >> 3];
    const own = grey(x, y) + leastStep;
    if (own < grey(x + 1, y)) bits[i >> 5]! |= 1 << (i & 31);
    if (own < grey(x, y + 1)) bits[2 + (i >> 5)]! |= 1 << (i & 31);
  }
  const mean = [0, 1, 2].map((c) => {
    let sum = 0;
    for (let i = c; i < picture.length; i += 3) sum += picture[i]!;
    return sum / 81;
  });
  return { bits, mean: mean as [number, number, number] };
}

/** Whether two pictures look the same: the same scaled, compressed again or slightly changed. */
export function looksLike(a: Look, b: Look): boolean {
  for (let c = 0; c < 3; c++) if (Math.abs(a.mean[c]! - b.mean[c]!) > mostMean) return false;
  let differing = 0;
  for (let i = 0; i < 4; i++) differing += ones(a.bits[i]! ^ b.bits[i]!);
  return differing <= mostBits;
}

function ones(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * For each picture the first earlier one that looks the same, in each of its groups. Bits are looked
 * up in sixteen pieces of eight: pictures that differ in at most ten bits share at least six of them,
 * so that those of a few pieces find every match.
 *
 * @returns pairs of indices, the earlier one first
 */
export function findLikes(
  looks: readonly Look[],
  groupOf: (index: number) => string,
): [earlier: number, later: number][] {
  // Of sixteen pieces ten may differ: among any eleven, one is the same.
  const tables = Array.from({ length: mostBits + 1 }, () => new Map<number, number[]>());
  const found: [number, number][] = [];
  looks.forEach((look, later) => {
    const groups = new Map<string, number>();
    const seen = new Set<number>();
    tables.forEach((table, piece) => {
      const value = (look.bits[piece >> 2]! >>> ((piece & 3) * 8)) & 0xff;
      const candidates = table.get(value) ?? [];
      for (const earlier of candidates) {
        if (seen.has(earlier)) continue;
        seen.add(earlier);
        const group = groupOf(earlier);
        if ((groups.get(group) ?? later) > earlier && looksLike(looks[earlier]!, look)) {
          groups.set(group, earlier);
        }
      }
      candidates.push(later);
      table.set(value, candidates);
    });
    for (const earlier of groups.values()) found.push([earlier, later]);
  });
  return found;
}
