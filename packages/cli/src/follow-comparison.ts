import type { ComparisonProgress } from '@crossweave/lab';
import type { Progress, Terminal } from './terminal';

/** A listener that shows the stages of a comparison as one bar after another. */
export function followComparison(terminal: Terminal): (progress: ComparisonProgress) => void {
  let title = '';
  let bar: Progress | undefined;
  const show = (wanted: string, current: number, total: number, note?: string): void => {
    if (wanted !== title) {
      bar?.done();
      bar = terminal.progress(wanted);
      title = wanted;
    }
    bar?.update(current, total, note);
    if (current === total) {
      bar?.done(note);
      bar = undefined;
      title = '';
    }
  };
  return (progress) => {
    switch (progress.stage) {
      case 'towers-reused':
        terminal.note('Towers: already trained');
        break;
      case 'towers':
        if (progress.record.kind === 'step') {
          const { step, loss } = progress.record;
          show('Towers', step, progress.steps, `loss ${loss.toFixed(3)}`);
        }
        break;
      case 'encoding':
        show(
          `Encoding ${progress.split} ${progress.side === 'image' ? 'images' : 'texts'}`,
          progress.done,
          progress.total,
        );
        break;
      case 'training':
        if (progress.record.kind === 'step') {
          const { step, loss } = progress.record;
          const { arm, seed, steps } = progress;
          show(`${arm}, seed ${seed}`, step, steps, `loss ${loss.toFixed(3)}`);
        }
        break;
      case 'trial':
        if (progress.kind === 'reused') {
          terminal.note(`${progress.arm}, seed ${progress.seed}: already done`);
        }
        break;
    }
  };
}
