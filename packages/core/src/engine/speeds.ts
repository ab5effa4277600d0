import { fields, number, oneOf, text, type Check } from '../authoring/checks';
import type { Precision } from './engine';

/** How long an engine takes for three parts of models, on this machine. */
export interface EngineSpeed {
  readonly engine: string;
  readonly precision: Precision;
  /** [512, 512] · [512, 512], in milliseconds; as are the others. Least of several runs. */
  readonly product: number;
  /** 2 images of 56 × 56 with 64 channels by 64 filters of 3 × 3. */
  readonly convolution: number;
  /** A step of Adam on a million numbers: a chain of elementwise operators. */
  readonly elementwise: number;
}

/** That a value is an {@link EngineSpeed}. */
export function engineSpeed(): Check {
  const time = number({ above: 0 });
  const parts = { product: time, convolution: time, elementwise: time };
  const all = { engine: text(), precision: oneOf('float32', 'bf16'), ...parts };
  return fields(all, Object.keys(all));
}

/** What an engine is used for: to train, or to compute the features of frozen encoders. */
export type EngineUse = 'training' | 'features';

const PARTS = {
  features: ['product', 'convolution'],
  training: ['product', 'convolution', 'elementwise'],
} as const;

/**
 * How many times as fast one engine is as another: the geometric mean over products and
 * convolutions, for training over elementwise chains too. Whole models also have other parts, so
 * theirs differs.
 */
export function timesAsFast(a: EngineSpeed, b: EngineSpeed, use: EngineUse): number {
  const parts = PARTS[use];
  const logs = parts.map((part) => Math.log(b[part] / a[part]));
  return Math.exp(logs.reduce((sum, log) => sum + log, 0) / parts.length);
}

/** The speed of an engine in a precision, if it was measured. */
export function speedOf(
  speeds: readonly EngineSpeed[],
  engine: string,
  precision: Precision = 'float32',
): EngineSpeed | undefined {
  return speeds.find((each) => each.engine === engine && each.precision === precision);
}

/** The fastest of the measured engines for a use; undefined when none was measured. */
export function fastestFor(
  speeds: readonly EngineSpeed[],
  use: EngineUse,
): EngineSpeed | undefined {
  const [first, ...others] = speeds;
  return others.reduce(
    (best, each) => (best !== undefined && timesAsFast(each, best, use) <= 1 ? best : each),
    first,
  );
}

/** One engine takes another's place only by so much: its graphs take longer to compile. */
const CLEARLY = 1.25;

/** Whether an engine is so much faster than another, for both uses, that `auto` takes it. */
export function isClearlyFaster(
  speeds: readonly EngineSpeed[],
  engine: string,
  than: string,
): boolean {
  const [a, b] = [speedOf(speeds, engine), speedOf(speeds, than)];
  if (a === undefined || b === undefined) return false;
  return (['training', 'features'] as const).every((use) => timesAsFast(a, b, use) >= CLEARLY);
}

/** What bf16 would gain over the engine in use, in words; undefined when nothing. */
export function adviceOnBf16(speeds: readonly EngineSpeed[], engine: string): string | undefined {
  const now = speedOf(speeds, engine);
  const inBf16 = fastestFor(
    speeds.filter(({ precision }) => precision === 'bf16'),
    'features',
  );
  if (now === undefined || inBf16 === undefined) return undefined;
  const [training, features] = (['training', 'features'] as const).map((use) =>
    timesAsFast(inBf16, now, use).toFixed(1),
  ) as [string, string];
  if (Number(training) <= 1 && Number(features) <= 1) return undefined;
  return (
    `bf16 would be about ${training} times as fast for training and ${features} times for features ` +
    `(engine ${inBf16.engine}, precision bf16), with operands of products rounded to 8 bits`
  );
}
