import { FileFormatError } from '@crossweave/core';
import { fields, type Check } from '@crossweave/core/authoring';

/**
 * Facts of a task as a file had them; lists in them are of the same classes, and so of one length.
 *
 * @throws FileFormatError when a field is not as it must be.
 */
export function readFacts<Facts>(
  where: string,
  facts: unknown,
  checks: Readonly<Record<keyof Facts & string, Check>>,
): Facts {
  const check = fields(checks, Object.keys(checks));
  if (check.accepts(facts)) {
    const lists = Object.values(facts as object).filter((each) => Array.isArray(each));
    if (new Set(lists.map(({ length }) => length)).size <= 1) return facts as Facts;
  }
  throw new FileFormatError('these are not the facts of this task', {
    where,
    expected: `${check.expected}, with lists of one length`,
    got: typeof facts === 'object' ? JSON.stringify(facts).slice(0, 200) : facts,
    advice: 'Restore a task from the `facts` that it had, under the name it had.',
  });
}
