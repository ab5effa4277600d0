import {
  ConfigError,
  DataError,
  foldIn,
  randomWords,
  type Key,
  type Label,
} from '@crossweave/core';
import { checkOptions, number, randomKey, recordOf } from '@crossweave/core/authoring';
import { labelStrata } from './label-strata';

/** What of a record decides about its split. */
export interface Dealt {
  /** Records with an entry in common are never in two splits: an image, its content, a group. */
  readonly together: readonly string[];
  /** Labels of its captions; shares of labels are about equal in all splits. */
  readonly labels?: readonly (Label | undefined)[] | undefined;
}

export interface AssignSplitsOptions {
  /** Share of each split by name; they add up to 1: `{ train: 0.8, val: 0.1, test: 0.1 }`. */
  readonly shares: Readonly<Record<string, number>>;
  /** Which records go where depends on it and on `together` alone, not on their order. */
  readonly key: Key;
}

/**
 * The split of each record: records that have something in common stay together, each label is dealt
 * to the splits by their shares as far as that allows, and the same key gives the same splits. Numbers of
 * more than ten values are dealt by tenths.
 *
 * @throws ConfigError for shares that do not add up to 1; DataError where a split would be empty.
 */
export function assignSplits(
  records: readonly Dealt[],
  options: AssignSplitsOptions,
): readonly string[] {
  const where = 'assignSplits';
  checkOptions(where, options, { shares: recordOf(number({ min: 0, max: 1 })), key: randomKey() }, [
    'shares',
    'key',
  ]);
  const names = Object.keys(options.shares).filter((name) => options.shares[name]! > 0);
  const sum = names.reduce((total, name) => total + options.shares[name]!, 0);
  if (Math.abs(sum - 1) > 1e-9) {
    throw new ConfigError('"shares" do not add up to 1', { where, expected: 1, got: sum });
  }
  const units = unitsOf(records);
  const strata = new Map<string, Unit[]>();
  const ofRecords = labelStrata(records.map(({ labels }) => labels));
  const rarity = countsOf(ofRecords.flat());
  for (const unit of units) {
    const stratum = rarest(
      unit.rows.flatMap((row) => ofRecords[row]!),
      rarity,
    );
    const own = strata.get(stratum) ?? [];
    own.push(unit);
    strata.set(stratum, own);
  }
  const out = new Array<string>(records.length).fill('');
  // What each split still lacks over all strata: small strata fill what rounding left.
  const lacking = names.map((name) => options.shares[name]! * records.length);
  for (const stratum of [...strata.keys()].sort()) {
    const own = drawn(strata.get(stratum)!, options.key);
    const size = own.reduce((total, { rows }) => total + rows.length, 0);
    const want = names.map((name) => options.shares[name]! * size);
    for (const { rows } of own) {
      const at = neediest(want, lacking);
      want[at]! -= rows.length;
      lacking[at]! -= rows.length;
      for (const row of rows) out[row] = names[at]!;
    }
  }
  const empty = names.find((name) => !out.includes(name));
  if (empty === undefined) return out;
  throw new DataError(`no record is left for the split "${empty}"`, {
    where,
    expected: `${names.length} sets of records or more that have nothing in common`,
    got: `${units.length} in ${records.length} records`,
    advice: 'Ask for fewer splits, or let records be told apart by less.',
  });
}

/** Records that must stay together. */
interface Unit {
  /** The first in code-unit order of all that its records have in common: names it. */
  readonly name: string;
  readonly rows: readonly number[];
}

function unitsOf(records: readonly Dealt[]): Unit[] {
  const parents = records.map((_, row) => row);
  const rootOf = (row: number): number => {
    let root = row;
    while (parents[root] !== root) root = parents[root]!;
    while (parents[row] !== root) [parents[row], row] = [root, parents[row]!];
    return root;
  };
  const first = new Map<string, number>();
  records.forEach(({ together }, row) => {
    for (const each of together) {
      const other = first.get(each);
      if (other === undefined) first.set(each, row);
      else parents[rootOf(row)] = rootOf(other);
    }
  });
  const rows = new Map<number, number[]>();
  records.forEach((_, row) => {
    const root = rootOf(row);
    const own = rows.get(root) ?? [];
    own.push(row);
    rows.set(root, own);
  });
  return [...rows.values()].map((own) => ({
    rows: own,
    name: own.flatMap((row) => records[row]!.together).sort()[0] ?? `record ${own[0]!}`,
  }));
}

/** In an order that the key and their names alone decide. */
function drawn(units: readonly Unit[], key: Key): Unit[] {
  const draws = units.map((unit) => ({ unit, draw: randomWords(foldIn(key, unit.name), 1)[0]! }));
  return draws
    .sort((a, b) => (a.draw !== b.draw ? a.draw - b.draw : a.unit.name < b.unit.name ? -1 : 1))
    .map(({ unit }) => unit);
}

/** The split that lacks the most of this stratum, of equal ones the one that lacks the most in all. */
function neediest(want: readonly number[], lacking: readonly number[]): number {
  return want.reduce((best, wanted, at) => {
    const more = wanted - want[best]!;
    return more > 1e-9 || (more > -1e-9 && lacking[at]! > lacking[best]!) ? at : best;
  }, 0);
}

function countsOf(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** By its rarest label a unit is dealt, as iterative stratification does (Sechidis et al., 2011). */
function rarest(labels: readonly string[], counts: ReadonlyMap<string, number>): string {
  return labels.reduce((best, label) => {
    if (best === '') return label;
    const [a, b] = [counts.get(label)!, counts.get(best)!];
    return a < b || (a === b && label < best) ? label : best;
  }, '');
}
