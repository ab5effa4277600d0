import { join } from 'node:path';
import {
  anyText,
  anyOf,
  anything,
  boolean,
  checkOptions,
  fields,
  listOf,
  number,
  recordOf,
  text,
  type Check,
  type Checks,
  Markup,
  markup,
} from '@crossweave/core/authoring';
import { writeFileAtomic } from '@crossweave/core/node';
import type { AblationResults } from '../ablation/results';
import type { TrialRecord } from '../ablation/trial-file';
import { validateResults } from '../ablation/validate-results';
import { plainData } from '../checks/checks';
import { describeSplit } from '../evaluate/split-facts';
import { curveChart, curveNames } from './curve-chart';
import { classTable, mistakeTable } from './class-tables';
import { intervalChart } from './interval-chart';
import { chooseMetrics } from './labels';
import { escapeMarkdown } from './escape-markdown';
import { mistakeGalleries, mistakeRows, mistakesOf } from './gallery';
import { notesOf } from './notes';
import { style } from './style';
import { htmlTable, markdownTable } from './table-markup';
import { baselineTable, comparisonTable, kindTable, mainTable, type Table } from './tables';
import { verdict } from './verdict';

export interface ReportOptions {
  readonly title: string;
  readonly results: AblationResults;
  /** For training curves, tables of classes and mistakes. */
  readonly trials?: readonly TrialRecord[];
  /** Thumbnails of images by their ids, as data URIs, for the mistakes of the trials. */
  readonly pictures?: Readonly<Record<string, string>>;
  /** Engine, versions, machine, date…: shown as a list. */
  readonly environment?: Readonly<Record<string, string | number | boolean>>;
  /** Plain data, shown as JSON. */
  readonly config?: unknown;
}

const dataUri: Check = {
  expected: 'an image as a data URI',
  accepts: (value) => typeof value === 'string' && /^data:image\/[\w.+-]+;base64,/.test(value),
};

const checks: Checks<ReportOptions> = {
  title: text(),
  results: {
    expected: 'results of an ablation, as ablate gives them or results.json holds them',
    accepts: (value) => {
      try {
        validateResults(value);
        return true;
      } catch {
        return false;
      }
    },
  },
  trials: listOf(
    fields({ schema: number(), arm: text(), seed: number(), config: text(), outcome: anything() }),
  ),
  pictures: recordOf(dataUri),
  environment: recordOf(anyOf(anyText(), number(), boolean())),
  config: plainData(),
};

function checkReport(where: string, options: ReportOptions): void {
  checkOptions(where, options, checks, ['title', 'results']);
}

/**
 * Writes `report.html` and `report.md` into a folder, atomically.
 *
 * @throws ConfigError for options that are none, DataError when the files cannot be written.
 */
export async function writeReport(folder: string, options: ReportOptions): Promise<void> {
  checkReport('writeReport', options);
  await writeFileAtomic(join(folder, 'report.md'), renderMarkdown(options));
  await writeFileAtomic(join(folder, 'report.html'), renderHtml(options));
}

/** One self-contained page: style and charts inline, no scripts, nothing loaded. */
export function renderHtml(options: ReportOptions): string {
  checkReport('renderHtml', options);
  const { title, results, trials = [], pictures = {}, environment = {}, config } = options;
  const metrics = chooseMetrics(results);
  const arms = results.arms.map(({ name }) => name);
  const kinds = kindTable(results);
  const beside = baselineTable(results);
  const notes = notesOf(results);
  const charted = metrics.filter((metric) => !(metric in results.notShown));
  const curves = curveNames(trials);
  const page = markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"
        />
        <title>${title}</title>
        <style>
          ${new Markup(style)}
        </style>
      </head>
      <body>
        <h1>${title}</h1>
        <div class="verdict">${verdict(results).map(paragraph)}</div>
        <h2>Arms</h2>
        ${htmlTable(mainTable(results))}
        <p class="note">${notes.intervals}</p>
        <h2>Metrics</h2>
        <div class="charts">${charted.map((metric) => intervalChart(results, metric))}</div>
        <p class="note">${notes.chart}</p>
        ${
          kinds &&
          markup`<h2>Matching by kind of false caption</h2>
            ${htmlTable(kinds)}`
        }
        ${ofTrials(trials).map(
          ([heading, table]) =>
            markup`<h2>${heading}</h2>
              ${htmlTable(table)}`,
        )}
        ${mistakeGalleries(mistakesOf(trials), pictures)}
        ${
          beside &&
          markup`<h2>Against what stood before</h2>
            ${htmlTable(beside)}
            <p class="note">${notes.baselines}</p>`
        }
        <h2>Comparisons</h2>
        ${htmlTable(comparisonTable(results))}
        <p class="note">${notes.comparisons}</p>
        ${
          curves.length > 0
            ? markup`<h2>Training</h2>
                <div class="charts">${curves.map((name) => curveChart(name, arms, trials))}</div>`
            : undefined
        }
        <h2>Run</h2>
        <dl>
          ${Object.entries(facts(results, environment)).map(
            ([name, value]) =>
              markup`<dt>${name}</dt>
                <dd>${value}</dd>`,
          )}
        </dl>
        ${
          config === undefined
            ? undefined
            : markup`<details>
                <summary>Configuration</summary>
                <pre>${JSON.stringify(config, null, 2)}</pre>
              </details>`
        }
      </body>
    </html> `;
  return page.text;
}

export function renderMarkdown(options: ReportOptions): string {
  checkReport('renderMarkdown', options);
  const { title, results, trials = [], environment = {}, config } = options;
  const notes = notesOf(results);
  const beside = baselineTable(results);
  const kinds = kindTable(results);
  const sections = [
    `# ${escapeMarkdown(title)}`,
    verdict(results)
      .map((sentence) => `- ${escapeMarkdown(sentence)}`)
      .join('\n'),
    '## Arms',
    markdownTable(mainTable(results)),
    escapeMarkdown(notes.intervals),
    ...(kinds === undefined ? [] : ['## Matching by kind of false caption', markdownTable(kinds)]),
    ...ofTrials(trials).flatMap(([heading, table]) => [`## ${heading}`, markdownTable(table)]),
    ...mistakesOf(trials).flatMap((own) => [
      `## Mistakes that ${escapeMarkdown(own.arm)} is surest of, seed ${own.seed}`,
      markdownTable(mistakeRows(own)),
    ]),
    ...(beside === undefined
      ? []
      : ['## Against what stood before', markdownTable(beside), notes.baselines]),
    '## Comparisons',
    markdownTable(comparisonTable(results)),
    notes.comparisons,
    '## Run',
    Object.entries(facts(results, environment))
      .map(([name, value]) => `- ${escapeMarkdown(name)}: ${escapeMarkdown(value)}`)
      .join('\n'),
    ...(config === undefined ? [] : [`\`\`\`json\n${JSON.stringify(config, null, 2)}\n\`\`\``]),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** What the trials of a task tell of its classes, under headings. */
function ofTrials(trials: readonly TrialRecord[]): [heading: string, table: Table][] {
  const [classes, mistakes] = [classTable(trials), mistakeTable(trials)];
  return [
    ...(classes ? [['F1 of the commonest classes', classes] as [string, Table]] : []),
    ...(mistakes ? [['Commonest mistakes, over all seeds', mistakes] as [string, Table]] : []),
  ];
}

function facts(
  results: AblationResults,
  environment: Readonly<Record<string, string | number | boolean>>,
): Record<string, string> {
  return {
    Seeds: results.seeds.join(', '),
    'Steps a trial': [
      ...new Set(results.arms.flatMap(({ trials }) => trials.map(({ steps }) => steps))),
    ].join(', '),
    ...(results.data !== undefined && { Data: results.data.fingerprint }),
    ...(results.data?.test && { 'Test split': describeSplit(results.data.test) }),
    ...Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, String(value)]),
    ),
  };
}

/** A paragraph of the verdict, the metric that it is about in bold. */
function paragraph(text: string): Markup {
  const end = text.indexOf(': ');
  return end < 0
    ? markup`<p>${text}</p>`
    : markup`<p><strong>${text.slice(0, end)}:</strong> ${text.slice(end + 2)}</p>`;
}
