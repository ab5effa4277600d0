import { measureOurs, measurePeer, ProcessError, type Measurement } from './processes';
import type { SuiteOptions } from './options';
import type { Row, Variant } from './rows';

export type SideName = 'ours' | Variant | 'wasm';

/** What each side measured, by round, and why what is missing is missing. */
export interface Turns {
  readonly measured: Readonly<Partial<Record<SideName, readonly Measurement[]>>>;
  readonly notes: readonly string[];
}

/**
 * Ours, PyTorch, ours, PyTorch, … so that a change of the machine's speed meets all sides alike.
 * A side that fails once is left out of the later rounds.
 */
export async function takeTurns(
  row: Row,
  sides: readonly Variant[],
  python: string | undefined,
  options: SuiteOptions,
): Promise<Turns> {
  const counts = {
    threads: options.threads,
    steps: options.steps ?? row.steps,
    warmup: row.warmup,
  };
  const measured: Partial<Record<SideName, Measurement[]>> = {};
  const notes: string[] = python === undefined ? ['no Python with PyTorch, so no peer'] : [];
  const failed = new Set<SideName>();
  const turn = async (side: SideName, round: string, measure: () => Promise<Measurement>) => {
    if (failed.has(side)) return;
    const label = `${row.name.padEnd(18)} ${side.padEnd(9)} ${round.padEnd(4)}`;
    try {
      const measurement = await measure();
      (measured[side] ??= []).push(measurement);
      console.error(label, progress(measurement));
    } catch (error) {
      if (!(error instanceof ProcessError)) throw error;
      failed.add(side);
      notes.push(`${side} failed: ${error.message}`);
      console.error(label, `failed: ${error.message}`);
    }
  };

  for (let i = 1; i <= options.rounds; i++) {
    const round = `${i}/${options.rounds}`;
    await turn('ours', round, () => measureOurs(row, counts));
    if (python === undefined) continue;
    for (const side of sides) {
      await turn(side, round, () => measurePeer(row, counts, python, side));
    }
  }
  if (row.wasm === true && options.wasm) {
    await turn('wasm', '', () => measureOurs(row, { ...counts, steps: 1, warmup: 0 }, 'wasm'));
  }
  return { measured, notes };
}

function progress({ times, losses: [first, last], peakMb, javascript }: Measurement): string {
  const least = Math.min(...times).toPrecision(3);
  const loss = [first, last].map((value) => value.toPrecision(3)).join(' → ');
  const outside = javascript === undefined ? '' : `, ${percent(javascript)} in JavaScript`;
  return `least ${least} ms of ${times.length} steps, loss ${loss}, ${peakMb} MB${outside}`;
}

function percent(share: number): string {
  return `${(100 * share).toPrecision(2)} %`;
}
