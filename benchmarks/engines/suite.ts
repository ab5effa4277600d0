import { parseArgs } from 'node:util';
import { useEngine } from '@crossweave/core/engine';
import { curves } from './models';

const usage = `npm run bench -- engines [--engines A,B,…] [--steps N] [--only NAME,…]

Trains a small model of each encoder family and five fusions for N steps (default 50) on each engine
(default cpu,onnx,xla:cpu) from the same key, and prints how far its losses are from those of the
first engine: the largest |a − b| / |b| of all steps. Exit code 1 where that is above 0.001.`;

/** Largest relative difference of losses. */
const TOLERANCE = 1e-3;

/** Gives the exit code: 0 done, 1 too far apart, 2 bad usage. */
export async function enginesSuite(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      engines: { type: 'string', default: 'cpu,onnx,xla:cpu' },
      steps: { type: 'string', default: '50' },
      only: { type: 'string', default: Object.keys(curves).join(',') },
      help: { type: 'boolean', default: false },
    },
  });
  const [first = '', ...others] = values.engines.split(',');
  const [names, steps] = [values.only.split(','), Number(values.steps)];
  const isKnown = names.every((name) => name in curves);
  if (values.help || !isKnown || others.length === 0 || !Number.isInteger(steps) || steps < 1) {
    console.log(`${usage}\nModels: ${Object.keys(curves).join(', ')}.`);
    return values.help ? 0 : 2;
  }
  console.log(`| model | loss of step 1 and ${steps} on ${first} | ${others.join(' | ')} |`);
  console.log(`| --- | --- |${' --- |'.repeat(others.length)}`);
  let largest = 0;
  for (const name of names) {
    const curve = async (engine: string): Promise<number[]> => {
      await useEngine(engine);
      return curves[name]!(steps);
    };
    const wanted = await curve(first);
    const distances: number[] = [];
    for (const engine of others) distances.push(distance(await curve(engine), wanted));
    largest = Math.max(largest, ...distances);
    const ends = [wanted[0]!, wanted.at(-1)!].map((loss) => loss.toPrecision(4)).join(', ');
    console.log(
      `| ${name} | ${ends} | ${distances.map((each) => each.toExponential(1)).join(' | ')} |`,
    );
  }
  console.log(`Largest relative difference: ${largest.toExponential(1)}.`);
  return largest <= TOLERANCE ? 0 : 1;
}

/** The largest relative difference; infinite where one list is longer or a loss is not finite. */
function distance(losses: readonly number[], wanted: readonly number[]): number {
  if (losses.length !== wanted.length) return Infinity;
  const each = losses.map((loss, i) => Math.abs(loss - wanted[i]!) / Math.abs(wanted[i]!));
  return each.every(Number.isFinite) ? Math.max(...each) : Infinity;
}
