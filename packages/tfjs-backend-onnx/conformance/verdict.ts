import type { Exclusion } from './exclusions';

/** A case of the suite that ran; `error` is null if it passed. */
export interface Case {
  readonly name: string;
  readonly error: string | null;
}

export interface Verdict {
  readonly passed: number;
  readonly failed: readonly Case[];
  /** Excluded cases that failed, as expected, by reason. */
  readonly excluded: ReadonlyMap<string, readonly Case[]>;
  /** Excluded cases that passed or do not exist: they must be removed from the list. */
  readonly outdated: readonly string[];
}

/** @param exclusions the exclusions of the selected cases. */
export function judge(cases: readonly Case[], exclusions: readonly Exclusion[]): Verdict {
  const reasons = new Map(
    exclusions.flatMap(({ reason, cases: names }) => names.map((name) => [name, reason] as const)),
  );
  const outdated = new Set(reasons.keys());
  const failed: Case[] = [];
  const expected: Case[] = [];
  for (const each of cases) {
    if (each.error === null) continue;
    (outdated.delete(each.name) || reasons.has(each.name) ? expected : failed).push(each);
  }
  const passing = cases.filter(({ name, error }) => error === null && !outdated.has(name));
  return {
    passed: passing.length,
    failed,
    excluded: groupBy(expected, ({ name }) => reasons.get(name) ?? ''),
    outdated: [...outdated],
  };
}

/** The verdict as lines of text; the last line is `N passed, N failed[, N excluded]`. */
export function describeVerdict({ passed, failed, excluded, outdated }: Verdict): string[] {
  const lines: string[] = [];
  const list = (kind: string, groups: ReadonlyMap<string, readonly Case[]>): void => {
    for (const [text, cases] of groups) {
      lines.push(`${kind} (${cases.length}): ${text}`, ...cases.map(({ name }) => `    ${name}`));
    }
  };
  list(
    'FAILED',
    groupBy(failed, ({ error }) => error ?? ''),
  );
  for (const name of outdated) {
    lines.push(`FAILED: '${name}' passes or is gone; take it out of exclusions.ts.`);
  }
  list('excluded', excluded);
  const left = [...excluded.values()].reduce((sum, cases) => sum + cases.length, 0);
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
