import { countByReason } from './rejects';
import type { LoadReport, SplitReport } from './report';
import type { SharedPictures } from './shared-pictures';
import { counted, percent, written } from './wording';

/** What was damaged in a few lines for people: counts by reason, then the first of them. */
export function describeRejects(
  { rows, rejects }: Pick<LoadReport, 'rows' | 'rejects'>,
  most = 5,
): string {
  if (rejects.length === 0) return `${counted(rows, 'row')}, no rejects`;
  const lines = rejects.slice(0, most).map(({ error }) => `  ${error.message}`);
  if (rejects.length > most) lines.push(`  … and ${rejects.length - most} more`);
  return [
    `${counted(rows, 'row')}, ${counted(rejects.length, 'reject')}: ${countByReason(rejects)}`,
    ...lines,
  ].join('\n');
}

/** The whole report in lines for people: damage, doubts, what splits share, and each split. */
export function describeReport(report: LoadReport, most = 5): string {
  const doubts = report.doubts.slice(0, most).map(({ message }) => `doubtful: ${message}`);
  if (report.doubts.length > most) doubts.push(`… and ${report.doubts.length - most} more doubts`);
  const shared = report.sharedPictures.map(describeShared);
  const splits = Object.entries(report.splits).map(
    ([name, split]) => `${name}: ${describeSplit(split, report.maxTokens)}`,
  );
  return [describeRejects(report, most), ...doubts, ...shared, ...splits].join('\n');
}

const sharing: Readonly<Record<SharedPictures['by'], string>> = {
  file: '',
  content: ' under different names',
  group: ' of the same groups',
  id: ' of the same ids',
  look: ' that look the same',
};

function describeShared({ splits, by, pictures, example }: SharedPictures): string {
  const what = `"${splits[0]}" and "${splits[1]}" share ${counted(pictures, 'picture')}${sharing[by]}, such as ${example[0]} and ${example[1]}`;
  return by === 'id'
    ? `${what}: if an id names what is shown, a model trained on one split has seen it`
    : `${what}: a model trained on one split has seen them`;
}

function describeSplit(split: SplitReport, maxTokens: number): string {
  const { records, captions, distinctCaptions, repeatedCaptions, shared, cut, unknown } = split;
  const parts = [
    `${counted(records, 'image')} with ${counted(captions, 'caption')}, ${written(distinctCaptions)} of them different`,
  ];
  if (distinctCaptions === 1) {
    parts.push(
      split.unlabelled === undefined
        ? 'all captions are one text, so there is nothing to learn from this split'
        : 'all captions are one text, so only the pictures can tell the labels',
    );
  }
  if (repeatedCaptions > 0) parts.push(`${counted(repeatedCaptions, 'repeated caption')} left out`);
  if (shared.most !== undefined && distinctCaptions > 1) {
    const { caption, images } = shared.most;
    const text = JSON.stringify(caption.length > 40 ? `${caption.slice(0, 40)}…` : caption);
    parts.push(
      `${counted(shared.captions, 'text')} shared by several images, ${text} by ${written(images)} of them`,
    );
  }
  if (split.copies !== undefined) {
    const { pictures, example } = split.copies;
    parts.push(
      `${counted(pictures, 'picture')} with the bytes of another one, such as ${example[1]}, a copy of ${example[0]}: the captions of one count as wrong for the other`,
    );
  }
  if (cut.captions > 0) {
    parts.push(
      `${counted(cut.captions, 'caption')} (${percent(cut.captions / captions)}) cut at ${maxTokens} tokens, the longest has ${cut.longest}`,
    );
  }
  if (unknown !== undefined && unknown.tokens > 0) {
    parts.push(
      `${percent(unknown.tokens / unknown.of)} of the tokens unknown to the tokenizer (${written(unknown.tokens)} of ${written(unknown.of)})`,
    );
  }
  if (split.incomplete !== undefined) {
    const { image, text } = split.incomplete;
    if (image > 0) parts.push(`${counted(image, 'record')} without a picture`);
    if (text > 0) parts.push(`${counted(text, 'record')} without a text`);
  }
  if (split.unlabelled !== undefined && split.unlabelled > 0) {
    parts.push(`${counted(split.unlabelled, 'caption')} without a label`);
  }
  if (split.inOtherSplits > 0) {
    parts.push(`${counted(split.inOtherSplits, 'text')} in another split too`);
  }
  return parts.join('; ');
}
