import { describe, expect, it } from 'vitest';
import { escapeMarkdown } from './escape-markdown';

describe('escapeMarkdown', () => {
  it('escapes what Markdown would take for its own, line breaks included', () => {
    expect(escapeMarkdown('a|b\n# *c* <d> [e]')).toBe('a\\|b \\# \\*c\\* \\<d\\> \\[e\\]');
  });
});
