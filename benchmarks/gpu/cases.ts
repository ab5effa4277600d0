/** What programs of many cases share: their options, and how they tell what they do. */
import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';

export const { values } = parseArgs({
  options: {
    platform: { type: 'string', default: 'cpu' },
    packages: { type: 'string', default: 'packages' },
    /** The cases of one process among several, by their names. */
    part: { type: 'string', default: '0' },
    parts: { type: 'string', default: '1' },
    /** The case that ended the process before: it and those before it are left out. */
    after: { type: 'string' },
  },
});

let isBefore = values.after !== undefined;

/** Whether a case is one of this process. Asked for once for each case, in their order. */
export function isOwn(name: string): boolean {
  const sum = Buffer.from(name).reduce((total, byte) => (31 * total + byte) >>> 0, 7);
  const skipped = isBefore;
  if (name === values.after) isBefore = false;
  return !skipped && sum % Number(values.parts) === Number(values.part);
}

/** Says that a case begins, or how it ended: why it failed, or null. One line of JSON. */
export function tell(name: string, failed?: string | null): void {
  writeSync(1, `${JSON.stringify({ name, failed: failed?.slice(0, 500) ?? failed })}\n`);
}
