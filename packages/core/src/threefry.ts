import { threefryWasm } from './threefry-wasm';

const rotationsEven = [13, 15, 26, 6] as const;
const rotationsOdd = [17, 29, 16, 24] as const;

/** One Threefry-2x32-20 block of (counter0, counter1) under (key0, key1), to out[at], out[at+1]. */
export function threefry(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
  out: Uint32Array,
  at: number,
): void {
  // The key schedule rotates through three words; `next` is the word that is injected next.
  let [next, afterNext, last] = [key1, key0 ^ key1 ^ 0x1bd11bda, key0];
  let x = (counter0 + key0) | 0;
  let y = (counter1 + key1) | 0;
  for (let group = 0; group < 5; group++) {
    const rotations = (group & 1) === 0 ? rotationsEven : rotationsOdd;
    for (let i = 0; i < 4; i++) {
      const rotation = rotations[i]!;
      x = (x + y) | 0;
      y = ((y << rotation) | (y >>> (32 - rotation))) ^ x;
    }
    x = (x + next) | 0;
    y = (y + afterNext + group + 1) | 0;
    [next, afterNext, last] = [afterNext, last, next];
  }
  out[at] = x;
  out[at + 1] = y;
}

/** Fewer words than this are made faster by JavaScript. */
const leastForWasm = 256;

/** Words that one call of the WebAssembly module makes. */
const perCall = 16_384;

/**
 * Fills `out`, of even length, with the words of the blocks (0, 0), (0, 1), … under a key. Long arrays
 * are made by WebAssembly, four blocks at a time, where the runtime has it.
 */
export function fillWords(key0: number, key1: number, out: Uint32Array): void {
  const kernel = out.length < leastForWasm ? undefined : wasm();
  if (kernel === undefined) {
    for (let i = 0; i < out.length; i += 2) threefry(key0, key1, 0, i >>> 1, out, i);
    return;
  }
  for (let from = 0; from < out.length; from += perCall) {
    const count = Math.min(perCall, out.length - from);
    kernel.words(key0, key1, from >>> 1, Math.ceil(count / 8));
    out.set(new Uint32Array(kernel.memory.buffer, 0, count), from);
  }
}

/** See threefry.wat. */
interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer };
  words(key0: number, key1: number, first: number, groups: number): void;
}

// The types of browsers and of Node are not among those of this package.
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: unknown };
};
declare function atob(base64: string): string;

let loaded: Kernel | undefined;
let isTried = false;

/** The module; undefined where the runtime has no WebAssembly with vectors. */
function wasm(): Kernel | undefined {
  if (isTried) return loaded;
  isTried = true;
  if (typeof WebAssembly === 'undefined') return undefined;
  const bytes = Uint8Array.from(atob(threefryWasm), (letter) => letter.charCodeAt(0));
  if (!WebAssembly.validate(bytes)) return undefined;
  loaded = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Kernel;
  return loaded;
}
