import { describe, expect, it } from 'vitest';
import { markup } from './markup';

describe('markup', () => {
  it('escapes values, keeps markup, joins lists and drops undefined', () => {
    const inner = markup`<b>${'<&>'}</b>`;
    expect(markup`<p title="${'"\''}">${inner}${[1, 'a<', inner]}${undefined}</p>`.text).toBe(
      '<p title="&quot;&#39;"><b>&lt;&amp;&gt;</b>1a&lt;<b>&lt;&amp;&gt;</b></p>',
    );
  });
});
