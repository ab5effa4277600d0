import type { Label } from './dataset';

/**
 * What makes two labels the same, as text: classes regardless of their order; the number 1 and the
 * text "1" differ. Null for none: a pair without a label is like no other.
 */
export function labelIdentity(label: Label | null | undefined): string | null {
  if (label === undefined || label === null) return null;
  return JSON.stringify(
    typeof label === 'string' || typeof label === 'number' ? label : [...new Set(label)].sort(),
  );
}
