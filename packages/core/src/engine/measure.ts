import {
  add,
  conv2d,
  dispose,
  div,
  getBackend,
  matMul,
  mul,
  randomUniform,
  setBackend,
  sqrt,
  square,
  sub,
  tidy,
  type Rank,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import type { Engine, Precision } from './engine';
import type { EngineSpeed } from './speeds';

/** Milliseconds for all engines together, after they are loaded. */
const BUDGET = 500;
/** After so many milliseconds measuring is given up: other programs use the processor. */
const LIMIT = 2000;
/** Every engine is measured so often at least, also when compiling used up the time. */
const LEAST_ROUNDS = 2;

type Part = 'product' | 'convolution' | 'elementwise';

const parts: Readonly<Record<Part, (inputs: Inputs) => Tensor>> = {
  product: ({ matrix }) => matMul(matrix, matrix),
  convolution: ({ images, filters }) => conv2d(images, filters, 1, 'same'),
  elementwise: ({ weights, moment, second, gradient }) => {
    const first = add(mul(moment, 0.9), mul(gradient, 0.1));
    const squares = add(mul(second, 0.999), mul(square(gradient), 0.001));
    return sub(weights, mul(1e-3, div(first, add(sqrt(squares), 1e-8))));
  },
};

interface Inputs {
  readonly matrix: Tensor2D;
  readonly images: Tensor4D;
  readonly filters: Tensor4D;
  readonly weights: Tensor;
  readonly moment: Tensor;
  readonly second: Tensor;
  readonly gradient: Tensor;
}

/** An engine in a precision, that works here. */
interface Candidate {
  readonly engine: string;
  readonly precision: Precision;
  readonly backend: string;
}

/**
 * Measures engines, and those that have bf16 in it too, in about half a second after they are
 * loaded: a product, a convolution and an elementwise chain, by turns; see {@link EngineSpeed}.
 * Engines that do not work here are left out. The list is empty if it takes much longer than that,
 * since other programs then use the processor. The backend in use stays in use.
 */
export async function measureEngines(engines: readonly Engine[]): Promise<EngineSpeed[]> {
  const before = getBackend() as string | null | undefined;
  try {
    const candidates = await usable(engines);
    const least = new Map(candidates.map((each) => [each, noTimes()]));
    const inputs = new Map<Candidate, Inputs>();
    const start = performance.now();
    const passed = (): number => performance.now() - start;
    // The first round compiles, and does not count.
    let round = -1;
    for (; (round < LEAST_ROUNDS || passed() < BUDGET) && passed() < LIMIT; round++) {
      for (const candidate of candidates) {
        await setBackend(candidate.backend);
        const own = inputs.get(candidate) ?? (await inputsHere());
        inputs.set(candidate, own);
        await runAll(own, round < 0 ? noTimes() : least.get(candidate)!);
        if (passed() > LIMIT) break;
      }
    }
    for (const [{ backend }, own] of inputs) {
      await setBackend(backend);
      dispose({ ...own });
    }
    if (round < LEAST_ROUNDS) return [];
    return candidates.map((candidate) => {
      const { engine, precision } = candidate;
      return { engine, precision, ...least.get(candidate)! };
    });
  } finally {
    if (typeof before === 'string' && before !== '') await setBackend(before);
  }
}

async function usable(engines: readonly Engine[]): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (const { name, backend, probe, variant } of engines) {
    if (!(await probe()).usable) continue;
    found.push({ engine: name, precision: 'float32', backend });
    const inBf16 = variant?.({ precision: 'bf16', devices: 1 });
    if (inBf16 === undefined || !(await inBf16.probe()).usable) continue;
    found.push({ engine: name, precision: 'bf16', backend: inBf16.backend });
  }
  return found;
}

const noTimes = (): Record<Part, number> => ({
  product: Infinity,
  convolution: Infinity,
  elementwise: Infinity,
});

/** Inputs that the backend in use has computed, since it may treat given numbers as constants. */
async function inputsHere(): Promise<Inputs> {
  const drawn = <R extends Rank>(...shape: number[]): Tensor<R> =>
    tidy(() => add<Tensor<R>>(randomUniform<R>(shape as never, 0, 1, 'float32', 1), 0.5));
  const million = (): Tensor => drawn(1024, 1024);
  const inputs = {
    matrix: drawn<Rank.R2>(512, 512),
    images: drawn<Rank.R4>(2, 56, 56, 64),
    filters: drawn<Rank.R4>(3, 3, 64, 64),
    ...{ weights: million(), moment: million(), second: million(), gradient: million() },
  };
  for (const each of Object.values(inputs)) await each.data();
  return inputs;
}

/** Runs each part once and keeps the least times, in milliseconds. */
async function runAll(inputs: Inputs, least: Record<Part, number>): Promise<void> {
  for (const part of Object.keys(parts) as Part[]) {
    const start = performance.now();
    const result = tidy(() => parts[part](inputs));
    await result.data();
    least[part] = Math.min(least[part], performance.now() - start);
    result.dispose();
  }
}
