import { markup, type Markup } from '@crossweave/core/authoring';
import type { TrialRecord } from '../ablation/trial-file';
import type { Mistake } from '../tasks/mistakes';
import type { Table } from './tables';

/** The mistakes of an arm. */
export interface ArmMistakes {
  readonly arm: string;
  readonly seed: number;
  readonly mistakes: readonly Mistake[];
}

/** Of each arm, the mistakes of its first trial that has some. */
export function mistakesOf(trials: readonly TrialRecord[]): ArmMistakes[] {
  const found = new Map<string, ArmMistakes>();
  for (const { arm, seed, outcome } of trials) {
    const { mistakes = [] } = outcome;
    const known = found.get(arm);
    if (mistakes.length === 0 || (known !== undefined && known.seed <= seed)) continue;
    found.set(arm, { arm, seed, mistakes });
  }
  return [...found.values()];
}

/**
 * Mistakes as cards, the first arm's open: the picture, what was asked, what is right, and what the
 * model and the floor say.
 */
export function mistakeGalleries(
  arms: readonly ArmMistakes[],
  pictures: Readonly<Record<string, string>>,
): Markup | undefined {
  if (arms.length === 0) return undefined;
  const cards = ({ mistakes }: ArmMistakes): Markup =>
    markup`<div class="gallery">
      ${mistakes.map((mistake) => card(mistake, pictures[mistake.image]))}
    </div>`;
  return markup`<h2>The mistakes that each arm is surest of</h2>
    <p class="note">
      One training each. The floor is the linear model of image and text without their interaction.
    </p>
    ${arms.map(
      (own, i) =>
        markup`<details ${i === 0 ? 'open' : ''}>
          <summary>${own.arm}, seed ${own.seed}</summary>
          ${cards(own)}
        </details>`,
    )}`;
}

/** The same as a table, for text. */
export function mistakeRows({ mistakes }: ArmMistakes): Table {
  return {
    head: ['Image', 'Text', 'Right', 'Given', 'Probability', 'Floor'],
    rows: mistakes.map(({ image, caption, label, predicted, probability, floor }) => [
      ...[image, caption, label, predicted, probability.toFixed(2), floor ?? '–'],
    ]),
  };
}

function card(mistake: Mistake, picture: string | undefined): Markup {
  const { image, caption, label, predicted, probability, floor } = mistake;
  const shown =
    picture === undefined
      ? markup`<div class="no-picture">no picture</div>`
      : markup`<img src="${picture}" alt="${image}" loading="lazy" />`;
  const ofFloor =
    floor === undefined
      ? undefined
      : markup`<dt>floor</dt>
          <dd class="${floor === label ? 'right' : 'wrong'}">${floor}</dd>`;
  return markup`<figure>
    ${shown}
    <p title="${image}">${caption === '' ? image : caption}</p>
    <dl>
      <dt>right</dt>
      <dd>${label}</dd>
      <dt>given</dt>
      <dd class="wrong">${predicted} <small>${(100 * probability).toFixed(0)} %</small></dd>
      ${ofFloor}
    </dl>
  </figure>`;
}
