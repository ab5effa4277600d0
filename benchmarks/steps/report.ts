import type { Measurement } from './processes';
import type { Variant } from './rows';

/** One side of a row over all rounds. */
export interface Figures {
  readonly leastMs: number;
  readonly middleMs: number;
  /** Counted steps of all rounds together. */
  readonly steps: number;
  /** Middle time of each round. */
  readonly roundsMs: readonly number[];
  /** 1e9 operations a second, at the middle time. */
  readonly gflops: number;
  /** `gflops` of the fastest product either side reached in this run. */
  readonly shareOfPeak: number;
  readonly startMb: number;
  readonly peakMb: number;
  readonly cpuMs: number;
  /** Middle of the rounds, see `Measurement`. */
  readonly javascript?: number;
  readonly losses: readonly [number, number];
}

/** Our middle time over the peer's; `least` and `most` are the smallest and largest of a round. */
export interface Ratio {
  readonly value: number;
  readonly least: number;
  readonly most: number;
}

export interface RowResult {
  readonly name: string;
  readonly title: string;
  /** 1e9 operations of a step. */
  readonly gflop: number;
  readonly ours: Figures | null;
  /** PyTorch as most programs run it. */
  readonly peer: Figures | null;
  readonly ratio: Ratio | null;
  /** PyTorch with the fastest of the settings that were tried. */
  readonly peerBest: (Figures & { readonly variant: Variant }) | null;
  readonly ratioToBest: Ratio | null;
  /** tfjs's wasm backend. */
  readonly wasm: Figures | null;
  /** What failed or was left out, and why. */
  readonly notes: readonly string[];
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  /** Mean number of runnable processes in the minute before the run. */
  readonly loadBefore: number;
}

export interface SuiteResult {
  readonly schema: 1;
  readonly suite: string;
  readonly date: string;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly threads: number;
  readonly rounds: number;
  /** 1e9 operations a second of the fastest square product: the machine's peak is the larger. */
  readonly peak: { readonly ours: number; readonly peer: number | null };
  readonly rows: readonly RowResult[];
}

const digits = (value: number): number => Number(value.toPrecision(4));

export function median(values: readonly number[]): number {
  const ordered = [...values].sort((a, b) => a - b);
  const middle = ordered.length >> 1;
  const upper = ordered[middle]!;
  return ordered.length % 2 === 1 ? upper : (ordered[middle - 1]! + upper) / 2;
}

/** The figures of the rounds that succeeded; null when none did. `gflop` of a step, `peak` a second. */
export function figures(
  rounds: readonly Measurement[] | undefined,
  gflop: number,
  peak: number,
): Figures | null {
  if (rounds === undefined) return null;
  const times = rounds.flatMap((round) => round.times);
  const middle = median(times);
  const gflops = gflop / (middle / 1000);
  const shares = rounds.flatMap(({ javascript }) => javascript ?? []);
  return {
    leastMs: Math.min(...times),
    middleMs: digits(middle),
    steps: times.length,
    roundsMs: rounds.map((round) => digits(median(round.times))),
    gflops: digits(gflops),
    shareOfPeak: digits(gflops / peak),
    startMb: Math.max(...rounds.map((round) => round.startMb)),
    peakMb: Math.max(...rounds.map((round) => round.peakMb)),
    cpuMs: Math.min(...rounds.map((round) => round.cpuMs)),
    ...(shares.length > 0 && { javascript: digits(median(shares)) }),
    losses: rounds[0]!.losses,
  };
}

/** Ratio of the middle times; its spread pairs the rounds, which ran one after the other. */
export function ratio(ours: Figures | null, peer: Figures | null): Ratio | null {
  if (ours === null || peer === null) return null;
  const count = Math.min(ours.roundsMs.length, peer.roundsMs.length);
  const rounds = ours.roundsMs.slice(0, count).map((time, i) => time / peer.roundsMs[i]!);
  return {
    value: digits(ours.middleMs / peer.middleMs),
    least: digits(Math.min(...rounds)),
    most: digits(Math.max(...rounds)),
  };
}

/** The results as a Markdown table with the conditions above it, as prettier would format it. */
export function markdown({ rows, ...run }: SuiteResult): string {
  const header = [
    ...['step', 'ours', 'PyTorch', 'ratio', 'PyTorch, fastest settings', 'ratio'],
    ...['GFLOP/s (share of peak)', 'peak memory'],
  ];
  const cells = rows.map((row) => [
    row.title,
    milliseconds(row.ours),
    milliseconds(row.peer),
    showRatio(row.ratio),
    row.peerBest === null ? '' : `${milliseconds(row.peerBest)} (${row.peerBest.variant})`,
    showRatio(row.ratioToBest),
    both(row, (side) => `${side.gflops.toFixed(0)} (${(100 * side.shareOfPeak).toFixed(0)} %)`),
    both(row, (side) => `${side.peakMb} MB`),
  ]);
  const wasm = rows
    .filter((row) => row.wasm !== null)
    .map(
      (row) => `For scale: tfjs's wasm backend takes ${milliseconds(row.wasm)} for ${row.name}.`,
    );
  const notes = rows.flatMap((row) => row.notes.map((note) => `- ${row.name}: ${note}`));
  return [
    conditions(run),
    table([header, ...cells]),
    ...wasm,
    ...(notes.length === 0 ? [] : [notes.join('\n')]),
  ].join('\n\n');
}

function conditions(run: Omit<SuiteResult, 'rows'>): string {
  const { machine, versions, threads, rounds, peak } = run;
  const show = (value: number | null): string => (value === null ? '–' : value.toFixed(0));
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${run.date.slice(0, 10)}, ${machine.cpu}, ${machine.cores} cores, ${threads} threads, load ${machine.loadBefore} before the run; ${list.join(', ')}.`,
    `Middle times of a step over ${rounds} interleaved rounds, in brackets the smallest and largest ratio of a round; below 1 we are faster.`,
    `Fastest square product: ours ${show(peak.ours)}, PyTorch ${show(peak.peer)} GFLOP/s; the larger is the peak. Pairs are ours / PyTorch.`,
  ].join(' ');
}

function milliseconds(side: Figures | null): string {
  return side === null ? '–' : `${Number(side.middleMs.toPrecision(3)).toLocaleString('en-US')} ms`;
}

function showRatio(value: Ratio | null): string {
  if (value === null) return '–';
  const { least, most } = value;
  return `${value.value.toFixed(2)} [${least.toFixed(2)}, ${most.toFixed(2)}]`;
}

function both(row: RowResult, show: (side: Figures) => string): string {
  return [row.ours, row.peer].map((side) => (side === null ? '–' : show(side))).join(' / ');
}

function table(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]!.map((_, column) =>
    Math.max(...lines.map((cells) => cells[column]!.length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  const [header, ...rest] = lines;
  const rule = widths.map((width) => '-'.repeat(width));
  return [line(header!), line(rule), ...rest.map(line)].join('\n');
}
