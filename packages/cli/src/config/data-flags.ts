import { ConfigError, DataError, isCrossweaveError } from '@crossweave/core';
import { datasetFormats } from '@crossweave/data';
import { text, type OptionSpec, type OptionValues } from '../command';

/** The flags that say how a captions file is read, and the key of `data` that each one sets. */
const flags = {
  columns: {
    value: 'NAME=COLUMN,…',
    summary: 'the column of each field: image=filepath,caption=title',
  },
  text: {
    value: 'TEMPLATE',
    summary: 'captions made of columns, {title}. {description}, or one text for all',
  },
  labels: { value: 'KIND', summary: 'kind of the labels: class, classes or number' },
  format: { value: 'FORMAT', summary: `${datasetFormats.join(', ')}; default: by the file name` },
  images: { value: 'DIR', summary: 'folder to which the paths of images are relative' },
  delimiter: { value: 'CHARACTER', summary: 'between the fields of CSV or TSV' },
  quote: { value: 'CHARACTER', summary: 'around fields of CSV or TSV, or none' },
  escape: { value: 'CHARACTER', summary: 'before a quote within a field, such as a backslash' },
  encoding: { value: 'NAME', summary: 'of the captions file, such as windows-1252' },
  policy: { value: 'POLICY', summary: 'damaged rows and pictures: skip, fail or placeholder' },
  missing: {
    value: 'POLICY',
    summary: 'missing pictures: fail, or policy to treat them as damaged',
  },
  maxRejects: { value: 'SHARE', summary: 'largest share of the rows that may be damaged' },
  holdOut: { value: 'SPLIT=SHARE,…', summary: 'splits made of records of train: test=0.1' },
  pictureStore: { value: 'DIR', summary: 'folder in which decoded pictures are kept between runs' },
  featureStore: {
    value: 'DIR',
    summary: 'folder in which features of encoders are kept between runs',
  },
  sharedPictures: { value: 'POLICY', summary: 'pictures in two splits: refuse or allow' },
} as const satisfies Record<string, { value: string; summary: string }>;

type DataFlag = keyof typeof flags;

const names = Object.keys(flags) as DataFlag[];
/** Keys of `data` that advice may name and that have no flag. */
const keys = ['svg', 'maxPixels'];

export const dataFlags: Readonly<Record<string, OptionSpec>> = Object.fromEntries(
  names.map((name) => [flagOf(name), { type: 'string', ...flags[name] }]),
);

/** What the flags set of a config's `data`. @throws ConfigError for one that cannot be read. */
export function dataSettings(values: OptionValues): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const given = text(values, flagOf(name));
      return given === undefined ? [] : [[name, read(name, given)]];
    }),
  );
}

/**
 * An error as someone at a command line can act on it: options of functions, in its advice, become
 * flags.
 */
export function messageInFlags(error: Error): string {
  if (!isCrossweaveError(error)) return error.message;
  const { advice, summary } = error;
  const suggestion = error instanceof DataError ? error.suggestion : undefined;
  if (advice === undefined && suggestion === undefined) return error.message;
  const said = inFlags(advice ?? '');
  if (suggestion === undefined || said !== advice) return `${summary} ${said}`.trimEnd();
  const parts = Object.entries(suggestion).map(([name, value]) => asFlag(name, value));
  return `${summary} ${said} Try ${parts.join(' ')}.`.replace(/ {2,}/g, ' ');
}

/** Text of which options of functions become flags, and functions what a config says. */
export function inFlags(text: string): string {
  const flagged = text.replace(option, (_all, name: DataFlag, value: string) =>
    asFlag(name, valueOf(value)),
  );
  return phrases.reduce((said, [code, words]) => said.replaceAll(code, words), flagged);
}

/** Advice to programmers for which a config has words of its own. */
const phrases: readonly (readonly [string, string])[] = [
  [
    'Build one from your captions with buildVocabulary',
    'Leave data.tokenizer out to have one made of your captions',
  ],
  [', or dropLast: false for one smaller batch', ''],
  ['raise maxPixels', 'raise data.maxPixels'],
  [
    'Name one of these, ',
    'Name one of these (in a config by --set data.test=NAME; data.train and data.val likewise), ',
  ],
];

/** `columns: { image: 'filepath' }` and `maxRejects: 0.2`, as advice to programmers has them. */
const option = new RegExp(
  `\\b(${[...names, ...keys].join('|')}): (\\{[^}]*\\}|'(?:[^'\\\\]|\\\\.)*'|"(?:[^"\\\\]|\\\\.)*"|[\\w.]+\\b)`,
  'g',
);

function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function asFlag(name: string, value: unknown): string {
  if (!names.includes(name as DataFlag)) return `--set data.${name}=${JSON.stringify(value)}`;
  const word = name === 'quote' && value === false ? 'none' : written(value);
  return `--${flagOf(name)} ${quoted(word)}`;
}

function written(value: unknown): string {
  if (value === '\t') return '\\t';
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, column]) => `${name}=${String(column)}`)
    .join(',');
}

/** As a shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w@%+=:,./…-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The value of an option written as JavaScript. */
function valueOf(code: string): unknown {
  if (/^(true|false|[\d.]+)$/.test(code)) return JSON.parse(code);
  if (!code.startsWith('{')) {
    const inner = code.replace(/^['"]|['"]$/g, '');
    return inner.replace(/\\(.)/g, (_all, next: string) => (next === 't' ? '\t' : next));
  }
  const pairs = code.matchAll(/(\w+): ['"]?([^'",}]*?)['"]?\s*(?=[,}])/g);
  return Object.fromEntries(Array.from(pairs, ([, name, value]) => [name, value]));
}

function read(name: DataFlag, given: string): unknown {
  if (name === 'columns') return columnsOf(given);
  if (name === 'holdOut') return sharesOf(given);
  if (name === 'maxRejects') return given.trim() === '' ? Number.NaN : Number(given);
  if (name === 'quote' && given === 'none') return false;
  // A shell does not turn these two characters into a tab.
  return given === '\\t' ? '\t' : given;
}

/** `image=filepath,caption=title`; a column's own name may hold an equals sign. */
function columnsOf(given: string): Record<string, string> {
  const columns: Record<string, string> = {};
  for (const entry of given.split(',')) {
    const at = entry.indexOf('=');
    if (at < 1 || at === entry.length - 1) {
      throw new ConfigError('--columns names a column for each of its parts', {
        expected: 'image=filepath,caption=title',
        got: given,
        advice:
          'Parts are image, caption, id, split, label and group. Names with a comma go into a config file.',
      });
    }
    columns[entry.slice(0, at).trim()] = entry.slice(at + 1);
  }
  return columns;
}

/** `test=0.1,val=0.05`. */
function sharesOf(given: string): Record<string, number> {
  const shares: Record<string, number> = {};
  for (const entry of given.split(',')) {
    const [, name, share] = /^([^=]+)=([\d.]+)$/.exec(entry.trim()) ?? [];
    if (name === undefined) {
      throw new ConfigError('--hold-out gives a share to each split', {
        expected: 'test=0.1,val=0.1',
        got: given,
      });
    }
    shares[name.trim()] = Number(share);
  }
  return shares;
}
