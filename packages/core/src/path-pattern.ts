const star = /\*\*?/g;

/**
 * Whether a path is the one `pattern` names, or lies below it: `pooler` covers `pooler.dense.bias`
 * but not `poolers`. `*` stands for anything within a segment, `**` for anything at all
 * (`encoder.layer.*.attention`, `**.bias`).
 */
export function pathPattern(pattern: string): (path: string) => boolean {
  const escaped = pattern.replace(/[.\\+?^${}()|[\]]/g, '\\$&').replace(/\\\.$/, '');
  const source = escaped.replace(star, (found) => (found === '*' ? '[^.]+' : '.+'));
  const expression = new RegExp(`^${source}(?:\\..*)?$`);
  return (path) => expression.test(path);
}

/** Whether one of the patterns covers a path; see {@link pathPattern}. */
export function anyPattern(patterns: readonly string[]): (path: string) => boolean {
  const all = patterns.map(pathPattern);
  return (path) => all.some((covers) => covers(path));
}
