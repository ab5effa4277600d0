const star = /\*\*?/g;

/**
 * Gives a function that tells whether a pattern covers a path. `pooler` covers `pooler` and
 * `pooler.dense.bias` but not `poolers`. `*` matches any text within a segment, `**` any text
 * (`encoder.layer.*.attention`, `**.bias`).
 */
export function pathPattern(pattern: string): (path: string) => boolean {
  const escaped = pattern.replace(/[.\\+?^${}()|[\]]/g, '\\$&').replace(/\\\.$/, '');
  const source = escaped.replace(star, (found) => (found === '*' ? '[^.]+' : '.+'));
  const expression = new RegExp(`^${source}(?:\\..*)?$`);
  return (path) => expression.test(path);
}

/**
 * Gives a function that tells whether any of the patterns covers a path; see {@link pathPattern}.
 */
export function anyPattern(patterns: readonly string[]): (path: string) => boolean {
  const all = patterns.map(pathPattern);
  return (path) => all.some((covers) => covers(path));
}
