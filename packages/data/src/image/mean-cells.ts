/** Cells a side. */
const side = 8;

/** Bytes of the cells of a picture. */
export const cellBytes = side * side * 3;

/**
 * The mean colours [8, 8, 3] of the cells of a picture [S, S, 3]: what stays when it is saved anew, in
 * another format, quality or size.
 */
export function meanCells(picture: Uint8Array, size: number): Uint8Array {
  const cells = new Uint8Array(cellBytes);
  const bounds = Array.from({ length: side }, (_, cell): [number, number] => {
    const from = Math.floor((cell * size) / side);
    return [from, Math.max(from + 1, Math.floor(((cell + 1) * size) / side))];
  });
  let at = 0;
  for (const [top, bottom] of bounds) {
    for (const [left, right] of bounds) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let y = top; y < bottom; y++) {
          for (let x = left; x < right; x++) sum += picture[(y * size + x) * 3 + channel]!;
        }
        cells[at++] = Math.round(sum / ((bottom - top) * (right - left)));
      }
    }
  }
  return cells;
}

/** Of 255 levels: how far the cells of a picture lie apart once it is saved anew. */
const nearest = { mean: 2, most: 16 };

/**
 * Whether two pictures look the same by their cells: the same picture saved anew. Stricter than
 * `looksLike`, whose finds are for people to look at.
 */
export function looksTheSame(a: Uint8Array, b: Uint8Array): boolean {
  let left = nearest.mean * cellBytes;
  for (let i = 0; i < cellBytes; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    left -= difference;
    if (difference > nearest.most || left < 0) return false;
  }
  return true;
}

/** Levels of a bucket, more than two pictures that look the same lie apart in the mean. */
const bucketLevels = 16;

/**
 * The buckets of a picture by the mean levels of its quarters: pictures that look the same share the
 * first of one with some of the other.
 */
export function bucketsOf(cells: Uint8Array): string[] {
  const sums = [0, 0, 0, 0];
  const quarter = side / 2;
  cells.forEach((value, i) => {
    const cell = Math.floor(i / 3);
    const [y, x] = [Math.floor(cell / side), cell % side];
    sums[2 * Number(y >= quarter) + Number(x >= quarter)]! += value;
  });
  // Within a quarter the differences may be four times as large as in the mean of all.
  const apart = 4 * nearest.mean;
  const places = sums.map((sum) => {
    const mean = sum / (cellBytes / 4);
    const own = Math.floor(mean / bucketLevels);
    const others = [
      Math.floor((mean - apart) / bucketLevels),
      Math.floor((mean + apart) / bucketLevels),
    ];
    return [...new Set([own, ...others])];
  });
  return places.reduce<string[]>(
    (names, own) => names.flatMap((name) => own.map((place) => `${name} ${place}`)),
    [''],
  );
}
