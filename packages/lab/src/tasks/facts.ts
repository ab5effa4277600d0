import { FileFormatError } from '@crossweave/core';
import { fields, type Check } from '@crossweave/core/authoring';

/** Facts of a task as a file had them. @throws FileFormatError when a field is not as it must be. */
export function readFacts<Facts>(
  where: string,
  facts: unknown,
  checks: Readonly<Record<keyof Facts & string, Check>>,
): Facts {
  const check = fields(checks, Object.keys(checks));
  if (check.accepts(facts)) return facts as Facts;
  throw new FileFormatError('these are not the facts of this task', {
    where,
    expected: check.expected,
    got: typeof facts === 'object' ? JSON.stringify(facts).slice(0, 200) : facts,
    advice: 'Restore a task from the `facts` that it had, under the name it had.',
  });
}
