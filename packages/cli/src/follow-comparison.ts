import type { ComparisonProgress } from '@crossweave/lab';
import type { TrainRecord } from '@crossweave/trainer';
import { noteOf } from './run/note-of';
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
  const warn = (record: TrainRecord): void => {
    if (record.kind !== 'warning' && record.kind !== 'compiling') return;
    terminal.note(noteOf(record) ?? '');
  };
  return (progress) => {
    if (progress.stage === 'towers' || progress.stage === 'training') warn(progress.record);
    switch (progress.stage) {
      case 'note':
        terminal.note(progress.message);
        break;
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
        } else if (progress.kind === 'discarded') {
          const { arm, seed, reason = 'its file is damaged' } = progress;
          terminal.note(`${arm}, seed ${seed}: run again, since ${reason}`);
        }
        break;
    }
  };
}
