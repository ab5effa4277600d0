// Counting a fusion's operations runs its kernels, of which the lazy engine computes none.
import '@crossweave/tfjs-backend-onnx/register';
import { parseOptions, usage, type SuiteOptions } from './options';
import { whyNoPeer } from './processes';
import { describeMachine, publish } from './publish';
import { figures, median, ratio, type RowResult, type SuiteResult } from './report';
import { products, type Row, type Suite, type Variant } from './rows';
import { takeTurns, type Turns } from './turns';
import { workloads } from './workloads';

/** Runs the suite; gives the exit code: 0 done, 1 a row of ours failed, 2 bad usage. */
export async function compareSteps(suite: Suite, args: readonly string[]): Promise<number> {
  let options: SuiteOptions;
  try {
    options = parseOptions(suite, args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage(suite)}`);
    return 2;
  }
  if (options.help) {
    console.log(usage(suite));
    return 0;
  }
  const wanted = options.python ?? process.env['CROSSWEAVE_PYTHON'] ?? 'python3';
  const missing = await whyNoPeer(wanted);
  if (missing !== undefined) {
    console.error(
      `${wanted} does not run PyTorch: ${missing}. Install benchmarks/peers/requirements.txt and give --python PATH.`,
    );
    if (options.python !== undefined) return 2;
  }
  const result = await runSuite(suite, options, missing === undefined ? wanted : undefined);
  await publish(result, options);
  return result.rows.every((row) => row.ours !== null) ? 0 : 1;
}

async function runSuite(
  suite: Suite,
  options: SuiteOptions,
  python: string | undefined,
): Promise<SuiteResult> {
  const machine = describeMachine();
  if (machine.loadBefore > 0.25 * machine.cores) {
    console.error(`load ${machine.loadBefore}: other work is running, the figures will be noisy`);
  }
  const versions: Record<string, string> = { node: process.versions.node };
  const variants: Variant[] = options.compiled
    ? ['default', 'tuned', 'compiled']
    : ['default', 'tuned'];
  const measure = async (row: Row, sides: readonly Variant[]): Promise<Turns> => {
    const turns = await takeTurns(row, sides, python, options);
    for (const [first] of Object.values(turns.measured)) Object.assign(versions, first?.versions);
    return turns;
  };

  const speeds: Record<'ours' | 'default', number[]> = { ours: [], default: [] };
  for (const row of products) {
    const { measured, notes } = await measure(row, ['default']);
    if (measured.ours === undefined)
      throw new Error(`the engine computes nothing: ${notes.join('; ')}`);
    for (const side of ['ours', 'default'] as const) {
      const rounds = measured[side] ?? [];
      speeds[side].push(...rounds.map(({ times }) => gflopOf(row) / (median(times) / 1000)));
    }
  }
  const fastest = (values: readonly number[]): number => Math.round(Math.max(...values));
  const peak = {
    ours: fastest(speeds.ours),
    peer: speeds.default.length === 0 ? null : fastest(speeds.default),
  };

  const rows: RowResult[] = [];
  for (const row of options.rows) {
    const turns = await measure(row, variants);
    rows.push(rowResult(row, turns, variants, Math.max(peak.ours, peak.peer ?? 0)));
  }
  const { threads, rounds } = options;
  const date = new Date().toISOString();
  return { schema: 1, suite: suite.name, date, machine, versions, threads, rounds, peak, rows };
}

function rowResult(
  row: Row,
  { measured, notes }: Turns,
  variants: readonly Variant[],
  peak: number,
): RowResult {
  const gflop = gflopOf(row);
  const ours = figures(measured.ours, gflop, peak);
  const peers = variants.flatMap((variant) => {
    const found = figures(measured[variant], gflop, peak);
    return found === null ? [] : [{ ...found, variant }];
  });
  const best = peers.sort((a, b) => a.middleMs - b.middleMs)[0] ?? null;
  const peer = figures(measured.default, gflop, peak);
  return {
    name: row.name,
    title: row.title,
    gflop,
    ours,
    peer,
    ratio: ratio(ours, peer),
    peerBest: best,
    ratioToBest: ratio(ours, best),
    wasm: figures(measured.wasm, gflop, peak),
    notes,
  };
}

const gflopOf = (row: Row): number => workloads[row.name]!.flops / 1e9;
