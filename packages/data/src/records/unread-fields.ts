import { DataError } from '@crossweave/core';
import { readColumns, type Layout } from './columns';

/** Names by which people call what is read under another name, in lower case without `_`, `-` and spaces. */
const otherNames = {
  split: ['split', 'splits', 'set', 'subset', 'partition'],
  label: ['label', 'labels', 'answer'],
  id: ['id', 'ids'],
  group: ['group', 'groups'],
  negatives: ['negative', 'negatives', 'hardnegatives'],
} as const;

type Role = keyof typeof otherNames;

/**
 * Fields that nothing reads though their names say that something should: `Split` beside `image` and
 * `caption`, `Caption` beside `caption`.
 *
 * @param fields the names that the rows have
 */
export function unreadFields(fields: Iterable<string>, layout: Layout, where: string): DataError[] {
  const all = [...fields];
  const read = readColumns(layout);
  const present = read.filter((name) => all.includes(name));
  return all.flatMap((name) => {
    if (name === '' || read.includes(name)) return [];
    const twin = present.find((other) => other.toLowerCase() === name.toLowerCase());
    const role = roleOf(name);
    if (twin !== undefined) return doubt(name, role, where, `"${name}" beside "${twin}"`);
    if (role === undefined || hasRole(role, present, layout)) return [];
    return doubt(name, role, where, `rows with "${name}"`);
  });
}

function doubt(name: string, role: Role | undefined, where: string, got: string): DataError[] {
  const advice =
    role === undefined || role === 'negatives'
      ? `Rename it${role === undefined ? '' : ' "negatives"'} if it is meant.`
      : `If it is the ${role}, pass columns: { ${role}: '${name}' }.`;
  return [new DataError(`the field "${name}" is not read`, { where, got, advice })];
}

function roleOf(name: string): Role | undefined {
  const plain = name.toLowerCase().replace(/[\s_-]/g, '');
  const roles = Object.entries(otherNames) as [Role, readonly string[]][];
  return roles.find(([, names]) => names.includes(plain))?.[0];
}

/** Whether something is read for it already. */
function hasRole(role: Role, present: readonly string[], { columns }: Layout): boolean {
  if (role !== 'negatives' && columns[role] !== undefined) return true;
  return present.includes(role) || (role === 'label' && present.includes('labels'));
}
