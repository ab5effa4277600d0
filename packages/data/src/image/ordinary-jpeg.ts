import { inflateRawSync } from 'node:zlib';
import { jpegWasm } from './jpeg-wasm';

/** Pixels of a decoded picture, until the next one is decoded. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3] */
  readonly pixels: Uint8Array;
}

/** Larger ones are left to sharp, which decodes them faster and gives their memory back. */
const mostPixels = 8_000_000;
/** The module's memory never shrinks, so files beyond four bytes a pixel are left to sharp too. */
const mostBytes = 4 * mostPixels;

/**
 * Decodes a JPEG file in this thread, without the cost that sharp has for each file (a third of the
 * time at 500 × 375 pixels), to the same bytes: the code is libjpeg-turbo's.
 *
 * @param most pixels that are decoded at most
 * @returns undefined for whatever is not ordinary: damage, a colour profile, CMYK, 12 bits, a picture
 *   that is to be turned, or a large picture or file. sharp decodes those, or says what is wrong with them.
 */
export function decodeOrdinaryJpeg(file: Uint8Array, most = mostPixels): Pixels | undefined {
  try {
    return decode(file, Math.min(most, mostPixels));
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    // libjpeg ended with an error. The module may be in any state: the next picture gets a new one.
    loaded = undefined;
    return undefined;
  }
}

function decode(file: Uint8Array, most: number): Pixels | undefined {
  if (file.length > mostBytes) return undefined;
  const { kernel, sizes } = (loaded ??= load());
  const input = kernel.allocate(file.length);
  try {
    if (input === 0) return undefined;
    new Uint8Array(kernel.memory.buffer, input, file.length).set(file);
    if (kernel.open(input, file.length, sizes) === 0) return undefined;
    const [width = 0, height = 0] = new Uint32Array(kernel.memory.buffer, sizes, 2);
    const output = width * height <= most ? place(loaded, width * height * 3) : 0;
    if (output === 0) {
      kernel.cancel();
      return undefined;
    }
    if (kernel.decode(output) === 0) return undefined;
    const pixels = new Uint8Array(kernel.memory.buffer, output, width * height * 3);
    return { width, height, pixels };
  } finally {
    kernel.release(input);
  }
}

/** What tooling/jpeg/jpeg.c exports; places are byte offsets into the memory. */
interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer };
  allocate(bytes: number): number;
  release(place: number): void;
  open(file: number, bytes: number, sizes: number): number;
  cancel(): void;
  decode(pixels: number): number;
}

interface Loaded {
  readonly kernel: Kernel;
  readonly sizes: number;
  /** Where pixels go, and how many bytes fit there. */
  output: number;
  room: number;
}

let loaded: Loaded | undefined;

function load(): Loaded {
  const bytes = inflateRawSync(Buffer.from(jpegWasm, 'base64'));
  const kernel = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Kernel;
  return { kernel, sizes: kernel.allocate(8), output: 0, room: 0 };
}

/** The place of so many bytes, which stays for the next picture. @returns 0 without memory */
function place(state: Loaded, bytes: number): number {
  if (bytes <= state.room) return state.output;
  if (state.output !== 0) state.kernel.release(state.output);
  state.output = state.kernel.allocate(bytes);
  state.room = state.output === 0 ? 0 : bytes;
  return state.output;
}

/** Of the JavaScript standard, but in no types without a browser's. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
  readonly RuntimeError: new () => Error;
};
