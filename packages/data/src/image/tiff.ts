/** The numbers that a TIFF file gives for its first page, by tag. */
type Tags = ReadonlyMap<number, readonly number[]>;

/** Bytes of the field types that hold whole numbers: BYTE, SHORT, LONG, LONG8. */
const wholeNumbers: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 16: 8 };

/** More values than any tag has that is asked for here. */
const mostValues = 16;

const photometricNames: Readonly<Record<number, string>> = {
  4: 'a transparency mask',
  6: 'YCbCr',
  8: 'CIELAB',
  9: 'ICC L*a*b*',
  10: 'ITU L*a*b*',
  32803: 'a colour filter array',
  32844: 'LogL',
  32845: 'LogLuv',
  34892: 'linear raw',
};

/** Samples of a pixel without extra ones: grey (0, 1), RGB, palette, inks, YCbCr. */
const colourSamples: Readonly<Record<number, number>> = { 0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3 };

const formatNames = ['', 'unsigned', 'signed', 'floating-point', 'untyped', 'complex', 'complex'];

/**
 * Why the first page of a TIFF file cannot be decoded to the right colours, if it cannot: libvips
 * takes YCbCr samples for RGB, clips signed, 32-bit and floating-point ones and takes any extra
 * sample for transparency.
 *
 * @throws RangeError when the first directory lies outside the file
 */
export function tiffRefusal(file: Uint8Array): string | undefined {
  const tags = firstDirectory(file);
  const one = (tag: number, fallback: number): number => tags.get(tag)?.[0] ?? fallback;
  const photometric = one(262, -1);
  const jpegCompressed = one(259, 1) === 7;
  const base = colourSamples[photometric];
  if (base === undefined || (photometric === 6 && !jpegCompressed)) {
    const name = photometricNames[photometric] ?? `photometric interpretation ${photometric}`;
    return `a TIFF whose samples are ${name}${photometric === 6 ? ' without JPEG compression' : ''}`;
  }
  const bits = one(258, 1);
  const sampleFormat = tags.get(339)?.find((format) => format !== 1) ?? 1;
  if (sampleFormat !== 1 || bits > 16) {
    return `a TIFF with ${formatNames[sampleFormat] ?? 'untyped'} samples of ${bits} bits`;
  }
  if (photometric === 5 && one(332, 1) !== 1) return 'a TIFF of inks other than CMYK';
  const extra = one(277, 1) - base;
  if (extra < 0) return `a TIFF with ${one(277, 1)} samples a pixel where ${base} are needed`;
  const meaning = one(338, 0);
  if (extra > 1 || (extra === 1 && (photometric === 3 || (meaning !== 1 && meaning !== 2)))) {
    return `a TIFF with ${extra} extra sample${extra > 1 ? 's' : ''} a pixel not said to be transparency`;
  }
  return undefined;
}

/** Of the classic form (32-bit offsets) and of BigTIFF (64-bit offsets). */
function firstDirectory(file: Uint8Array): Tags {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const little = view.getUint8(0) === 0x49;
  const big = view.getUint16(2, little) === 43;
  const offsetSize = big ? 8 : 4;
  const read = (at: number, size: number): number => {
    if (size === 1) return view.getUint8(at);
    if (size === 2) return view.getUint16(at, little);
    if (size === 4) return view.getUint32(at, little);
    return Number(view.getBigUint64(at, little));
  };
  const tags = new Map<number, number[]>();
  const start = read(offsetSize, offsetSize);
  const countSize = big ? 8 : 2;
  const entries = read(start, countSize);
  for (let i = 0; i < entries; i++) {
    const entry = start + countSize + i * (4 + 2 * offsetSize);
    const size = wholeNumbers[read(entry + 2, 2)];
    const count = read(entry + 4, offsetSize);
    if (size === undefined || count > mostValues) continue;
    const field = entry + 4 + offsetSize;
    const values = size * count > offsetSize ? read(field, offsetSize) : field;
    tags.set(
      read(entry, 2),
      Array.from({ length: count }, (_, k) => read(values + k * size, size)),
    );
  }
  return tags;
}
