import { parseArgs } from 'node:util';
import { nearestName } from '@crossweave/core';
import type { Row, Suite } from './rows';

export const usage = ({ name, about, rows }: Suite): string => `npm run bench -- ${name} [options]

Measures ${about} here and in PyTorch, each side in processes of its own that take turns,
and writes the ratios to benchmarks/results/${name}.json and a table to benchmarks/README.md.
About ten minutes on two cores; other work on the machine spoils the figures.

  --threads N      threads of either side (default 2)
  --rounds N       how often the sides take turns in each row (default 3)
  --steps N        steps counted in each process (default: each row's own)
  --only A,B       these rows alone, of: ${rows.map((row) => row.name).join(', ')};
                   nothing is written then, unless --out says where to
  --out FILE       where the results go, without the table
  --python PATH    a Python with benchmarks/peers/requirements.txt
                   (default: CROSSWEAVE_PYTHON, else python3); without one, ours runs alone
  --compiled       also PyTorch under torch.compile, which needs a C++ compiler (minutes more)
  --no-wasm        without the step of tfjs's wasm backend
  --help`;

export interface SuiteOptions {
  readonly help: boolean;
  readonly threads: number;
  readonly rounds: number;
  readonly steps?: number;
  readonly rows: readonly Row[];
  /** Whether `rows` are a choice, so that the published results stay as they are. */
  readonly partial: boolean;
  readonly out?: string;
  readonly python?: string;
  readonly compiled: boolean;
  readonly wasm: boolean;
}

/** @throws TypeError for an unknown option, RangeError for a value that does not fit. */
export function parseOptions({ rows }: Suite, args: readonly string[]): SuiteOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      threads: { type: 'string', default: '2' },
      rounds: { type: 'string', default: '3' },
      steps: { type: 'string' },
      only: { type: 'string' },
      out: { type: 'string' },
      python: { type: 'string' },
      compiled: { type: 'boolean', default: false },
      'no-wasm': { type: 'boolean', default: false },
    },
  });
  const { help, threads, rounds, steps, only, out, python, compiled } = values;
  return {
    help,
    threads: wholeNumber('--threads', threads),
    rounds: wholeNumber('--rounds', rounds),
    ...(steps !== undefined && { steps: wholeNumber('--steps', steps) }),
    rows: only === undefined ? rows.filter((row) => row.onRequest !== true) : chosen(rows, only),
    partial: only !== undefined,
    ...(out !== undefined && { out }),
    ...(python !== undefined && { python }),
    compiled,
    wasm: !values['no-wasm'],
  };
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new RangeError(`${name}: expected a whole number of at least 1, got "${text}".`);
}

function chosen(rows: readonly Row[], list: string): Row[] {
  return list.split(',').map((name) => {
    const found = rows.find((row) => row.name === name);
    if (found !== undefined) return found;
    const names = rows.map((row) => row.name);
    const nearest = nearestName(name, names);
    throw new RangeError(
      `--only: there is no row "${name}"; expected some of ${names.join(', ')}.` +
        (nearest === undefined ? '' : ` Did you mean "${nearest}"?`),
    );
  });
}
