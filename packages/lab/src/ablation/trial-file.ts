import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, type ClassRow, type Confusion } from '@crossweave/core';
import { requireValue } from '@crossweave/core/authoring';
import { writeFileAtomic } from '@crossweave/core/node';
import { plainData } from '../checks/checks';
import type { Mistake } from '../tasks/mistakes';
import { figures, list, number, object, text } from './json-checks';

/** One line of a training curve: [step, value]. */
export type CurvePoint = readonly [step: number, value: number];

/** What a trial gives back. */
export interface TrialOutcome {
  /** Trained parameters. */
  readonly params: number;
  /** Operations of fusing one pair (`fusionCost`), where they were counted. */
  readonly flops?: number;
  readonly steps: number;
  /** Wall-clock time of training and evaluation. */
  readonly seconds: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** By metric, per query: same queries in the same order in every trial. Gives narrower, truer intervals. */
  readonly outcomes?: Readonly<Record<string, readonly number[]>>;
  /** By name (`loss`), for the report. */
  readonly curves?: Readonly<Record<string, readonly CurvePoint[]>>;
  /** Of a task with classes: the figures of each, for the report. */
  readonly classes?: readonly ClassRow[];
  /** Of a task with one class a pair: the most common mistakes, for the report. */
  readonly confusions?: readonly Confusion[];
  /** Of a task with probabilities: the mistakes that the model is surest of, for the report. */
  readonly mistakes?: readonly Mistake[];
}

export interface TrialRecord {
  readonly schema: 1;
  readonly arm: string;
  readonly seed: number;
  /** SHA-256 of what the trial depends on ({@link configHash}). */
  readonly config: string;
  readonly outcome: TrialOutcome;
}

/** What is found of a trial: its record, why its file cannot be used, or nothing. */
export type FoundTrial = { readonly record: TrialRecord } | { readonly damage: string } | undefined;

export function trialPath(out: string, arm: string, seed: number): string {
  return join(out, 'trials', `${arm}-seed${seed}.json`);
}

/**
 * SHA-256 (hex) of a plain value, whatever the order of its keys.
 *
 * @throws ConfigError for a value that JSON does not say in full, such as a function: two that differ
 *   would have one hash.
 */
export function configHash(config: unknown): string {
  requireValue('configHash', 'config', config, plainData());
  const canonical = JSON.stringify(config, (_name, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : value,
  );
  return createHash('sha256').update(canonical).digest('hex');
}

export async function writeTrial(out: string, record: TrialRecord): Promise<void> {
  await writeFileAtomic(trialPath(out, record.arm, record.seed), `${JSON.stringify(record)}\n`);
}

/**
 * The finished trial of that configuration, if there is one. A file of another configuration counts
 * as none; one that is damaged is told.
 *
 * @throws DataError when the file is there and cannot be read.
 */
export async function readTrial(
  out: string,
  arm: string,
  seed: number,
  config: string,
): Promise<FoundTrial> {
  const path = trialPath(out, arm, seed);
  const content = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new DataError('the trial cannot be read', {
      where: path,
      got: cause instanceof Error ? cause.message : String(cause),
      advice: 'Make it readable, or move it away: then the trial is run again.',
      cause,
    });
  });
  if (content === undefined) return undefined;
  try {
    const record = object(JSON.parse(content), path);
    if (record['schema'] !== 1 || record['config'] !== config) return undefined;
    checkRecord(record, path);
    return { record: record as unknown as TrialRecord };
  } catch (error) {
    return { damage: error instanceof Error ? error.message : String(error) };
  }
}

function checkRecord(record: Record<string, unknown>, path: string): void {
  text(record['arm'], `${path}.arm`);
  number(record['seed'], `${path}.seed`);
  const at = `${path}.outcome`;
  const outcome = object(record['outcome'], at);
  for (const name of ['params', 'steps', 'seconds']) number(outcome[name], `${at}.${name}`);
  if (outcome['flops'] !== undefined) number(outcome['flops'], `${at}.flops`);
  figures(outcome['metrics'], `${at}.metrics`);
  const outcomes = object(outcome['outcomes'] ?? {}, `${at}.outcomes`);
  for (const [metric, values] of Object.entries(outcomes)) {
    list(values, `${at}.outcomes.${metric}`, number);
  }
  const curves = object(outcome['curves'] ?? {}, `${at}.curves`);
  for (const [name, points] of Object.entries(curves)) {
    list(points, `${at}.curves.${name}`, (point, where) => list(point, where, number));
  }
  list(outcome['classes'] ?? [], `${at}.classes`, (row, where) => {
    const { label, ...figures } = object(row, where);
    text(label, `${where}.label`);
    for (const name of ['support', 'precision', 'recall', 'f1']) {
      number(figures[name], `${where}.${name}`);
    }
  });
  list(outcome['mistakes'] ?? [], `${at}.mistakes`, (row, where) => {
    const mistake = object(row, where);
    for (const name of ['image', 'caption', 'label', 'predicted']) {
      text(mistake[name], `${where}.${name}`);
    }
    number(mistake['probability'], `${where}.probability`);
    if (mistake['floor'] !== undefined) text(mistake['floor'], `${where}.floor`);
  });
  list(outcome['confusions'] ?? [], `${at}.confusions`, (row, where) => {
    const { label, predicted, count } = object(row, where);
    text(label, `${where}.label`);
    text(predicted, `${where}.predicted`);
    number(count, `${where}.count`);
  });
}
