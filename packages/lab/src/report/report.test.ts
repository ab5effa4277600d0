import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testOptions } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { renderHtml, renderMarkdown, writeReport, type ReportOptions } from './report';
import { sampleResults, sampleTrials } from './sample.testing';

const options = (): ReportOptions => ({
  title: 'Fusions on scenes',
  results: sampleResults(),
  trials: sampleTrials(),
  environment: { Engine: 'onnx:cpu', Node: 'v20.20.2', 'CPU cores': 2 },
  config: { data: { scenes: 2000 }, seeds: [1, 2, 3] },
});

describe('renderHtml', () => {
  it('holds the verdict, every arm, chart, comparison and the run', () => {
    const page = renderHtml(options());
    expect(page).toContain('<strong>Matching accuracy:</strong> cross-attention comes first with ');
    for (const part of [
      ...['late', 'early', '123,456', 'attribute-swap', 'onnx:cpu', '3f2a9c', 'towers alone'],
      ...['cross-attention − towers alone', 'No arm is above them.'],
      ...[
        '“a picture”, of 12',
        'not shown: <small>chance is 0.620</small>',
        'the matching loss drew negatives',
      ],
    ]) {
      expect(page).toContain(part);
    }
    // Three metrics that say something, each with the towers and three arms; and one curve.
    expect(page.match(/<svg\s/g)).toHaveLength(4);
    expect(page.match(/<polyline\s/g)).toHaveLength(9);
    expect(page.match(/class="mean"/g)).toHaveLength(12);
    expect(page.match(/class="trial"/g)).toHaveLength(27);
    expect(page).toContain('prefers-color-scheme: dark');
  });

  it('loads nothing, runs nothing and has balanced tags', () => {
    const page = renderHtml(options());
    expect(page).not.toMatch(/<script|<link|<img|src=|href=|url\(|@import/);
    const tags = (name: string) => [
      page.match(new RegExp(`<${name}[\\s>]`, 'g'))?.length,
      page.match(new RegExp(`</${name}>`, 'g'))?.length,
    ];
    for (const name of [
      'table',
      'tr',
      'th',
      'td',
      'svg',
      'g',
      'text',
      'figure',
      'div',
      'p',
      'dl',
    ]) {
      const [opened, closed] = tags(name);
      expect(opened, name).toBe(closed);
      expect(opened, name).toBeGreaterThan(0);
    }
    expect(page).not.toMatch(/NaN|undefined|\[object/);
  });

  it('escapes names, environment and configuration', () => {
    const evil = '<script>alert("1")</script>&\'';
    const base = options();
    const rename = (name: string) => (name === 'late' ? `${evil} 2` : name);
    const page = renderHtml({
      ...base,
      title: evil,
      results: {
        ...base.results,
        arms: base.results.arms.map((arm) => ({ ...arm, name: rename(arm.name) })),
        comparisons: base.results.comparisons.map((c) => ({
          ...c,
          a: rename(c.a),
          b: c.b === 'image-blind' ? evil : rename(c.b),
        })),
        baselines: base.results.baselines.map((baseline, i) =>
          i === 1 ? { ...baseline, name: evil } : baseline,
        ),
      },
      environment: { [evil]: evil },
      config: { [evil]: evil },
    });
    expect(page).not.toContain('<script');
    expect(page).not.toContain('alert("1")');
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;');
  });

  it('draws nothing of one seed that could be taken for an interval over seeds', () => {
    const page = renderHtml({
      ...options(),
      results: sampleResults([1]),
      trials: sampleTrials([1]),
    });
    const lines = page.match(/class="interval[^"]*"/g)!;
    expect(lines.length).toBeGreaterThan(8);
    expect(lines.filter((line) => !line.includes('queries'))).toEqual([]);
    const shown = page
      .replace(/<style>[^]*?<\/style>/, '')
      .replace(/<details>[^]*?<\/details>/, '');
    expect(shown).not.toMatch(/\[\d/);
    expect(shown).toContain('(test samples: ');
    expect(shown).not.toMatch(/\bp\s[=<]/);
  });

  it('works with one arm, one seed, no floors and an unknown metric', () => {
    const trial = sampleTrials([5])[0]!;
    const results = {
      ...sampleResults([5]),
      arms: [
        {
          name: 'only',
          params: 1,
          trials: [{ seed: 5, metrics: { score: 3 }, steps: 1, seconds: 1 }],
          summary: { score: { mean: 3, ci95: null, over: null, queryInterval: null, n: 1 } },
        },
      ],
      comparisons: [],
      chance: {},
      baselines: [],
    };
    const page = renderHtml({ title: 'One', results, trials: [{ ...trial, arm: 'only' }] });
    expect(page).toContain('<strong>score:</strong> only reaches 3.000.');
    expect(page).toContain('one seed only');
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe('renderMarkdown', () => {
  it('has tables whose rows have one width, and escapes what would break them', () => {
    const base = options();
    const text = renderMarkdown({ ...base, title: 'a | b\n# c', environment: { 'x|y': '*z*' } });
    expect(text).toContain('# a \\| b \\# c\n');
    expect(text).toContain('- x\\|y: \\*z\\*');
    const rows = text.split('\n').filter((line) => line.startsWith('| '));
    expect(rows.length).toBeGreaterThan(15);
    const tables = text.split('\n\n').filter((block) => block.startsWith('| '));
    expect(tables).toHaveLength(4);
    for (const table of tables) {
      const widths = table.split('\n').map((row) => row.replace(/\\\|/g, '').split('|').length);
      expect(new Set(widths).size).toBe(1);
    }
    expect(text).not.toMatch(/NaN|undefined/);
  });
});

describe('writeReport', () => {
  it('writes both files', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'crossweave-report-'));
    await writeReport(folder, options());
    expect((await readdir(folder)).sort()).toEqual(['report.html', 'report.md']);
    expect(await readFile(join(folder, 'report.html'), 'utf8')).toBe(renderHtml(options()));
    await rm(folder, { recursive: true });
  });
});

for (const [name, render] of [
  ['renderHtml', renderHtml],
  ['renderMarkdown', renderMarkdown],
  ['writeReport', (given: ReportOptions) => writeReport('/nowhere', given)],
] as const) {
  testOptions(
    name,
    render,
    { describe, it },
    {
      required: { title: 'x', results: sampleResults() },
      anyText: ['title'],
      anyValue: ['config', 'environment'],
    },
  );
}
