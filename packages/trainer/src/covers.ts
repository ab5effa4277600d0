/**
 * Whether a path is `prefix` or lies below it: `image` covers `image.conv1.weight`, and not
 * `images.weight`. The empty prefix covers every path.
 */
export function covers(prefix: string, path: string): boolean {
  return prefix === '' || path === prefix || path.startsWith(`${prefix}.`);
}
