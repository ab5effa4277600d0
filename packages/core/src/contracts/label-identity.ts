import type { Label } from './dataset';

/**
 * The identity of a label as text: two labels are the same when their identities are equal. The
 * order of several classes does not matter; the number 1 and the text "1" differ. Null if there is
 * no label, since an unlabelled pair equals no other pair.
 */
export function labelIdentity(label: Label | null | undefined): string | null {
  if (label === undefined || label === null) return null;
  return JSON.stringify(
    typeof label === 'string' || typeof label === 'number' ? label : [...new Set(label)].sort(),
  );
}
