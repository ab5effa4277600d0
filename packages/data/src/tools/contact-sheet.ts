import {
  callback,
  checkOptions,
  count,
  markup,
  type Checks,
  type Markup,
} from '@crossweave/core/authoring';
import sharp from 'sharp';
import { mapConcurrently } from '../concurrency';
import { datasetChecks, type DatasetSource, type OpenDatasetOptions } from '../forms/open-dataset';
import { readImage } from '../pairs/pictures';
import type { ReadSample } from '../pairs/samples';
import { pageOf } from './page';
import { measureSamples, type Duplicates, type ImageMeasures } from './measure-images';
import { collectSamples, summariseSamples, type DatasetSummary } from './summary';

export interface ContactSheetOptions extends OpenDatasetOptions {
  /** Pictures of each split that are shown, evenly over it. Default 24. */
  readonly pictures?: number;
  /** Called as images are read. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface ContactSheet {
  /** A page of HTML that needs no other file. */
  readonly page: string;
  readonly summary: DatasetSummary;
  readonly images: ImageMeasures;
}

const checks: Checks<ContactSheetOptions> = {
  ...datasetChecks,
  pictures: count(),
  onProgress: callback('that takes how many of how many images are done'),
};

/**
 * Makes an HTML page about a dataset. It has the numbers of rows, pictures and captions, pictures of
 * each split with their captions, the rejects, and pairs of pictures that look alike. Every image is
 * read.
 *
 * @throws as `openDataset` and its `rows`; the reason of `signal`
 */
export async function contactSheet(
  source: DatasetSource,
  options: ContactSheetOptions = {},
): Promise<ContactSheet> {
  checkOptions('contactSheet', options, checks);
  const { pictures = 24, onProgress, ...open } = options;
  const collected = await collectSamples(source, open);
  const { samples, name } = collected;
  const summary = await summariseSamples(collected, options.signal);
  const images = await measureSamples(samples, { ...open, ...(onProgress && { onProgress }) });
  const byPlace = new Map(samples.map((sample) => [placeOf(sample), sample]));
  const shown = Object.keys(summary.splits).map((split) => ({
    split,
    samples: evenly(
      samples.filter((sample) => sample.split === split),
      pictures,
    ),
  }));
  const alike = images.alike.map((pair) => pair.map((place) => byPlace.get(placeOf(place))!));
  const wanted = new Set([...shown.flatMap((each) => each.samples), ...alike.flat()]);
  const thumbnails = new Map(
    await mapConcurrently(
      [...wanted],
      4,
      async (sample) => [sample, await thumbnail(sample)] as const,
      options.signal,
    ),
  );
  const cell = (sample: ReadSample): Markup => figure(sample, thumbnails.get(sample));
  const page = pageOf(`Contact sheet of ${name}`, [
    markup`<h1>${name}</h1>
      <p>
        ${summary.format}, ${summary.rows} rows, ${summary.rejects.count} rejects, ${samples.length}
        pictures
      </p>`,
    markup`<h2>Splits</h2>
      ${splitTable(summary)}`,
    markup`<h2>Pictures</h2>
      ${pictureFacts(images)}`,
    alike.length === 0
      ? markup`<h2>Pictures that look alike</h2>
          <p class="note">None.</p>`
      : markup`<h2>Pictures that look alike</h2>
          <p class="note">The first ${alike.length} pairs, those of two splits before others.</p>
          <div class="pairs">
            ${alike.map((pair) => markup`<div class="pair">${pair.map(cell)}</div>`)}
          </div>`,
    ...shown.map(
      (each) =>
        markup`<h2>${each.split}</h2>
          <div class="sheet">${each.samples.map(cell)}</div>`,
    ),
    problems(summary, images),
  ]);
  return { page, summary, images };
}

function placeOf({ image, split }: { readonly image: string; readonly split: string }): string {
  return JSON.stringify([split, image]);
}

function evenly<Item>(items: readonly Item[], most: number): Item[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)]!);
}

/** As data of a JPEG file; undefined for what cannot be decoded, which the page lists. */
async function thumbnail(sample: ReadSample): Promise<string | undefined> {
  try {
    const small = await sharp(await readImage(sample), { failOn: 'none' })
      .autoOrient()
      .resize(192, 192, { fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .jpeg({ quality: 75 })
      .toBuffer();
    return `data:image/jpeg;base64,${small.toString('base64')}`;
  } catch {
    return undefined;
  }
}

function figure(sample: ReadSample, data: string | undefined): Markup {
  const { id, image, split, captions, labels } = sample;
  const label = labels?.find((each) => each !== undefined);
  const picture =
    data === undefined
      ? markup`<div class="missing">cannot be read</div>`
      : markup`<img src="${data}" alt="${captions[0] ?? image}" loading="lazy" />`;
  const more =
    captions.length > 1 ? markup` <small>and ${captions.length - 1} more</small>` : undefined;
  return markup`<figure>
    ${picture}
    <figcaption>
      ${shortened(captions[0] ?? '')}${more}
      ${label === undefined ? undefined : markup`<span class="label">${[label].flat().join(', ')}</span>`}
      <small title="${id}">${split}: ${shortened(image)}</small>
    </figcaption>
  </figure>`;
}

function shortened(text: string): string {
  return text.length > 140 ? `${text.slice(0, 139)}…` : text;
}

function splitTable({ splits }: DatasetSummary): Markup {
  const rows = Object.entries(splits).map(
    ([name, { samples, captions, words, labelled, labels }]) => {
      const first = Object.entries(labels.first).slice(0, 6);
      return markup`<tr>
        <th>${name}</th>
        <td>${samples}</td>
        <td>${captions}</td>
        <td>${words.mean.toFixed(1)}</td>
        <td>${words.most}</td>
        <td>
          ${labelled === 0 ? '' : `${labels.distinct}: ${first.map(([label, n]) => `${label} ${n}`).join(', ')}`}
        </td>
      </tr>`;
    },
  );
  return markup`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>split</th>
          <th>pictures</th>
          <th>captions</th>
          <th>words, mean</th>
          <th>most</th>
          <th>labels</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

function pictureFacts({
  formats,
  width,
  height,
  bytes,
  unreadable,
  duplicates,
}: ImageMeasures): Markup {
  const kinds = Object.entries(formats).map(([format, n]) => `${n} ${format}`);
  const of = (range: readonly number[]): string => range.join(' / ');
  return markup`<dl>
    <dt>formats</dt>
    <dd>${kinds.join(', ')}</dd>
    <dt>width</dt>
    <dd>${of(width)} <small>lowest / middle / highest</small></dd>
    <dt>height</dt>
    <dd>${of(height)}</dd>
    <dt>bytes</dt>
    <dd>${of(bytes)}</dd>
    <dt>cannot be read</dt>
    <dd>${unreadable.count}</dd>
    ${duplicates.map(
      (each) =>
        markup`<dt>${each.by === 'bytes' ? 'same bytes' : 'look alike'}</dt>
          <dd>${repeats(each)}</dd>`,
    )}
  </dl>`;
}

function repeats({ splits, images, example }: Duplicates): string {
  const where = splits.length === 1 ? `within ${splits[0]}` : `in ${splits.join(' and ')}`;
  return `${images} ${where}, such as ${example.join(' and ')}`;
}

function problems({ rejects }: DatasetSummary, { unreadable }: ImageMeasures): Markup | undefined {
  const all = [...rejects.first, ...unreadable.first];
  if (all.length === 0) return undefined;
  return markup`<h2>Damage</h2>
    <ul>
      ${all.map((message) => markup`<li>${message}</li>`)}
    </ul>`;
}
