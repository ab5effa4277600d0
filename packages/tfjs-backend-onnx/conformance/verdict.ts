import type { Exclusion } from './exclusions';

/** One case of the suite that ran; `error` is null if it passed. */
export interface Case {
  readonly name: string;
  readonly error: string | null;
}

export interface Verdict {
  readonly passed: number;
  readonly failed: readonly Case[];
  /** Excluded cases that failed, as was to be expected, by reason. */
  readonly excluded: ReadonlyMap<string, readonly Case[]>;
  /** Excluded cases that passed: they must leave the list. */
  readonly outdated: readonly string[];
}

export function judge(cases: readonly Case[], exclusions: readonly Exclusion[]): Verdict {
  const reasons = new Map(
    exclusions.flatMap(({ reason, cases: names }) => names.map((name) => [name, reason] as const)),
  );
  const excluded = new Map<string, Case[]>();
  const failed: Case[] = [];
  const outdated: string[] = [];
  let passed = 0;
  for (const each of cases) {
    const reason = reasons.get(each.name);
    if (each.error === null) {
      passed++;
      if (reason !== undefined) outdated.push(each.name);
    } else if (reason === undefined) {
      failed.push(each);
    } else {
      excluded.set(reason, [...(excluded.get(reason) ?? []), each]);
    }
  }
  return { passed, failed, excluded, outdated };
}

/** The verdict as lines for a person to read; the last is `N passed, N failed[, N excluded]`. */
export function describeVerdict({ passed, failed, excluded, outdated }: Verdict): string[] {
  const lines: string[] = [];
  for (const [message, cases] of groupBy(failed, (each) => each.error ?? '')) {
    lines.push(`FAILED (${cases.length}): ${message}`);
    lines.push(...cases.map((each) => `    ${each.name}`));
  }
  for (const name of outdated) {
    lines.push(`FAILED: '${name}' passes; take it out of exclusions.ts.`);
  }
  let left = 0;
  for (const [reason, cases] of excluded) {
    left += cases.length;
    lines.push(`excluded (${cases.length}): ${reason}`);
    lines.push(...cases.map((each) => `    ${each.name}`));
  }
  const tail = left === 0 ? '' : `, ${left} excluded`;
  lines.push(`${passed} passed, ${failed.length + outdated.length} failed${tail}`);
  return lines;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
}
