import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openModel } from '@crossweave/models';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeScenes, run, tinyModel, writeTiny } from './cli.testing';
import { exitCode } from './main';

let folder = '';
let captions = '';
let config = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-tasks-'));
  captions = await makeScenes(join(folder, 'scenes'));
  const lines = (await readFile(captions, 'utf8')).trimEnd().split('\n');
  const labelled = lines.map((line, i) => {
    const { image, caption, captions: all, split } = JSON.parse(line) as Record<string, unknown>;
    return JSON.stringify({
      image,
      split,
      question: [caption ?? all].flat()[0],
      answer: i % 3 === 0 ? 'yes' : 'no',
    });
  });
  captions = join(folder, 'scenes', 'answers.jsonl');
  await writeFile(captions, `${labelled.join('\n')}\n`);
  config = await writeTiny(join(folder, 'tiny.json'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const columns = ['--columns', 'caption=question,label=answer'];
const cpu = ['--engine', 'cpu'];

describe('a task from the command line', () => {
  it('is refused where captions only repeat the labels, unless all pictures have one text', async () => {
    const rows = (await readFile(captions, 'utf8')).trimEnd().split('\n');
    const named = rows.map((row) => {
      const { image, split, answer } = JSON.parse(row) as Record<string, string>;
      return JSON.stringify({ image, split, caption: `a photo of a ${answer}`, label: answer });
    });
    const repeated = join(folder, 'scenes', 'repeated.jsonl');
    await writeFile(repeated, `${named.join('\n')}\n`);
    const task = ['--config', config, '--task', 'classification', '--captions', repeated, ...cpu];
    const refused = await run('train', ...task, '--out', join(folder, 'repeated'));
    expect(refused.stderr).toMatch(/every caption says its label.* --text 'a photo'/);
    const text = ['--text', 'a photo', '--dry-run'];
    const planned = await run('train', ...task, ...text, '--out', join(folder, 'repeated'));
    expect(planned.code, planned.stderr).toBe(exitCode.done);
  });

  it('is trained alone, measured, calibrated, measured again, and predicts', async () => {
    const out = join(folder, 'run');
    const data = ['--captions', captions, ...columns, ...cpu];
    const trained = await run(
      ...['train', '--config', config, '--task', 'answering', '--out', out, ...data, '--json'],
    );
    expect(trained.code, trained.stderr).toBe(exitCode.done);
    const results = JSON.parse(trained.stdout) as Record<string, Record<string, unknown>>;
    expect(Object.keys(results['metrics']!)).toContain('answering.accuracy');
    expect(Object.keys(results['floors']!)).toEqual([
      ...['majority', 'image-only', 'text-only', 'no-interaction'],
    ]);
    expect(results['calibration']).toMatchObject({ split: 'val' });
    expect(trained.stderr).toContain('precision');

    const measured = await run('eval', '--run', out, ...cpu, '--json');
    expect(measured.code, measured.stderr).toBe(exitCode.done);
    expect(JSON.parse(measured.stdout)).toMatchObject({ metrics: results['metrics'] });

    // New pairs have no answers, and no split.
    const rows = (await readFile(captions, 'utf8')).trimEnd().split('\n').slice(0, 3);
    const asked = join(folder, 'scenes', 'asked.jsonl');
    const questions = rows.map((row) => {
      const { image, question } = JSON.parse(row) as Record<string, unknown>;
      return JSON.stringify({ image, question });
    });
    await writeFile(asked, questions.join('\n'));
    const file = join(folder, 'answers.jsonl');
    const to = ['--run', out, '--captions', asked, '--out', file, ...cpu];
    const said = await run('predict', ...to, '--top', '1', '--json');
    expect(said.code, said.stderr).toBe(exitCode.done);
    const predictions = await linesOf(file);
    expect(JSON.parse(said.stdout)).toMatchObject({ predictions: predictions.length });
    for (const { prediction, probability, top } of predictions) {
      expect(['yes', 'no']).toContain(prediction);
      expect(top).toEqual([{ label: prediction, probability }]);
      expect(probability).toBeGreaterThanOrEqual(0.5);
    }

    // A program of one's own says the same.
    await using model = await openModel(out);
    const pairs = questions.map((line) => JSON.parse(line) as Record<string, string>);
    const own = await model.predict(
      await Promise.all(
        pairs.map(async ({ image, question }) => ({
          image: { name: image!, bytes: await readFile(join(folder, 'scenes', image!)) },
          text: question!,
        })),
      ),
    );
    own.forEach(({ label, probability }, i) => {
      expect(label).toBe(predictions[i]!['prediction']);
      expect(probability).toBeCloseTo(predictions[i]!['probability'] as number, 5);
    });

    const unsure = await run('predict', ...to, '--abstain', '1', '--top', '0');
    expect(unsure.stdout).toContain(`${predictions.length} withheld`);
    for (const line of await linesOf(file)) {
      expect(line).toMatchObject({ prediction: null, abstained: true });
    }

    // Every picture of a folder, one question, into CSV.
    const table = join(folder, 'answers.csv');
    const ask = ['--pictures', join(folder, 'scenes', 'images'), '--ask', 'is it red?'];
    const folderOf = ['predict', '--run', out, '--out', table, ...cpu];
    const all = await run(...folderOf, ...ask);
    expect(all.code, all.stderr).toBe(exitCode.done);
    const [header, first, ...others] = (await readFile(table, 'utf8')).trimEnd().split('\n');
    expect(header).toBe('id,caption,missing,prediction,probability,abstained,top');
    expect(first).toMatch(/^\S+\.jpg,is it red\?,,(yes|no),0\.\d+,,/);
    expect(others).toHaveLength((await readdir(join(folder, 'scenes', 'images'))).length - 1);
    expect((await readdir(tmpdir())).filter((name) => name.includes('crossweave-asked'))).toEqual(
      [],
    );

    const half = await run(...folderOf, '--ask', 'is it red?');
    expect(half.code).toBe(exitCode.usage);
    expect(half.stderr).toContain('--pictures DIR with or without --ask TEXT');

    // It was not trained to do without a side.
    const silent = await run(...folderOf, '--pictures', join(folder, 'scenes', 'images'));
    expect(silent.code).toBe(exitCode.usage);
    expect(silent.stderr).toMatch(/24 of 24 records lack.*fusion\.options\.missing=/s);
  });

  it('says what it reaches with one side alone, and predicts from it, if it was trained to', async () => {
    const out = join(folder, 'either');
    const given = ['--captions', captions, ...columns, ...cpu];
    const drop = 'fusion.options.missing={"imageDropout":0.3,"textDropout":0.3}';
    const trained = await run(
      ...['train', '--config', config, '--task', 'answering', '--out', out, ...given, '--json'],
      ...['--set', drop],
    );
    expect(trained.code, trained.stderr).toBe(exitCode.done);
    expect(trained.stderr).toMatch(/value.*without text +without image.*majority/);
    const { metrics, imageAlone, textAlone, calibration } = JSON.parse(trained.stdout) as Record<
      string,
      Record<string, unknown>
    >;
    for (const alone of [imageAlone!, textAlone!]) {
      expect(Object.keys(alone)).toEqual(Object.keys(metrics!));
      expect(alone['answering.logLoss']).not.toBe(metrics!['answering.logLoss']);
    }
    expect(Object.keys(calibration!['alone']!)).toEqual(['image', 'text']);

    const rows = (await readFile(captions, 'utf8')).trimEnd().split('\n').slice(0, 1);
    const { image, question } = JSON.parse(rows[0]!) as Record<string, unknown>;
    const asked = join(folder, 'scenes', 'half.jsonl');
    const lines = [{ image, question }, { question }, { image, question: '', id: 'mute' }, {}];
    await writeFile(asked, lines.map((line) => JSON.stringify(line)).join('\n'));
    const file = join(folder, 'half-said.jsonl');
    const said = await run(
      ...['predict', '--run', out, '--captions', asked, '--out', file, ...cpu, '--json'],
    );
    expect(said.code, said.stderr).toBe(exitCode.done);
    expect(JSON.parse(said.stdout)).toMatchObject({ incomplete: 2, load: { rejected: 1 } });
    expect(said.stderr).toContain('1 record without a picture; 1 record without a text');
    const answers = await linesOf(file);
    expect(answers.map(({ id, caption, missing }) => [id, caption, missing])).toEqual([
      [image, question, undefined],
      [expect.stringMatching(/half\.jsonl:2$/), question, 'image'],
      ['mute', '', 'text'],
    ]);
    expect(new Set(answers.map(({ probability }) => probability)).size).toBe(3);
  });

  it('draws classes as often as it is told, and says what that does to its figures', async () => {
    const out = join(folder, 'balanced');
    const given = ['--captions', captions, ...columns, ...cpu];
    const to = ['train', '--config', config, '--task', 'answering', ...given];
    const sampling = ['--sampling', 'balanced'];
    const trained = await run(...to, '--out', out, ...sampling, '--json');
    expect(trained.code, trained.stderr).toBe(exitCode.done);
    expect(trained.stderr).toMatch(/value.*classes as sampled.*majority/);
    const { metrics, asSampled, calibration } = JSON.parse(trained.stdout) as Record<
      string,
      object
    >;
    expect(asSampled).not.toEqual(metrics);
    const measured = await run('eval', '--run', out, ...cpu, '--json');
    expect(JSON.parse(measured.stdout)).toMatchObject({ metrics, asSampled });

    const asked = ['predict', '--run', out, '--captions', captions, ...columns, ...cpu];
    const [plain, sampled] = [join(folder, 'plain.jsonl'), join(folder, 'sampled.jsonl')];
    expect((await run(...asked, '--out', plain)).code).toBe(exitCode.done);
    expect((await run(...asked, '--out', sampled, '--as-sampled')).code).toBe(exitCode.done);
    /** The logarithm of the odds of yes. */
    const odds = async (file: string): Promise<number> => {
      const { top } = (await linesOf(file))[0] as { top: { label: string; probability: number }[] };
      const yes = top.find(({ label }) => label === 'yes')!.probability;
      return Math.log(yes / (1 - yes));
    };
    // What was drawn as often as no is rarer in the data; then comes the temperature.
    const { task } = JSON.parse(await readFile(join(out, 'run.json'), 'utf8')) as {
      task: { classes: string[]; shares: number[] };
    };
    const share = (name: string): number => task.shares[task.classes.indexOf(name)]!;
    const { temperature } = calibration as { temperature: number };
    const corrected = (await odds(sampled)) + Math.log(share('yes') / share('no'));
    expect(temperature * (await odds(plain))).toBeCloseTo(corrected, 4);

    const weighed = ['--set', 'task.options.classWeights=balanced'];
    const no = ['--out', join(folder, 'no')];
    const classes = ['train', '--config', config, '--task', 'classification', ...given, ...no];
    const twice = await run(...classes, ...sampling, ...weighed);
    expect(twice.stderr).toContain('they count a rare class twice');
    const nothing = await run('train', '--config', config, ...given, ...no, ...sampling);
    expect(nothing.stderr).toContain('no classes to be sampled without a task');
  });

  it('tells of multi-label pairs that are left out, and how none of the classes is said', async () => {
    const rows = (await readFile(captions, 'utf8')).trimEnd().split('\n');
    const write = async (name: string, none: string): Promise<string[]> => {
      const lines = rows.map((row, i) => {
        const { image, split } = JSON.parse(row) as Record<string, string>;
        const tags = split === 'train' && i % 3 === 0 ? none : ['a|b', 'a'][i % 2]!;
        return `${image},photo ${i % 7},${split},${tags}`;
      });
      const file = join(folder, 'scenes', name);
      await writeFile(file, ['image,caption,split,tags', ...lines, ''].join('\n'));
      const to = ['--captions', file, '--columns', 'label=tags', '--out', join(folder, 'no')];
      return ['train', '--config', config, '--task', 'multi-label', ...to, '--dry-run', ...cpu];
    };
    const empty = await run(...(await write('empty.csv', '')));
    expect(empty.code, empty.stderr).toBe(exitCode.done);
    expect(empty.stderr).toMatch(/of the \d+ pairs of "train" have no label and are left out.*\|/);
    const none = await run(...(await write('none.csv', '|')));
    expect(none.code, none.stderr).toBe(exitCode.done);
    expect(none.stderr).not.toMatch(/left out|without a label/);
  });

  it('is compared over fusions, beside towers and floors of the task', async () => {
    const file = join(folder, 'ablation.json');
    const phase = { loss: { name: 'info-nce' }, steps: 2, batchSize: 4 };
    await writeFile(
      file,
      JSON.stringify({
        data: {
          captions,
          imageSize: 16,
          maxTokens: 20,
          columns: { caption: 'question', label: 'answer' },
        },
        image: tinyModel.image,
        text: tinyModel.text,
        towers: { ...phase, fusion: tinyModel.fusion },
        arms: {
          late: tinyModel.fusion,
          early: { name: 'single-stream', options: { dim: 8, layers: 1, heads: 2 } },
        },
        fusion: { ...phase, negatives: 1 },
        seeds: [1],
      }),
    );
    const out = join(folder, 'ablation');
    const ended = await run(
      ...['ablate', '--config', file, '--task', 'classification', '--out', out, ...cpu],
    );
    expect(ended.code, ended.stderr).toBe(exitCode.done);
    for (const row of ['towers alone', 'late', 'early', 'text-only', 'no-interaction']) {
      expect(ended.stderr + ended.stdout).toContain(row);
    }
    const results = JSON.parse(await readFile(join(out, 'results.json'), 'utf8')) as {
      arms: { summary: object }[];
      notes: string[];
    };
    expect(Object.keys(results.arms[0]!.summary)).toContain('classification.accuracy');
    expect(results.notes.join()).toMatch(/Measured on \d+ labelled pairs/);

    // Classes drawn equally often are another ablation, with outputs corrected.
    const again = ['ablate', '--config', file, '--sampling', 'balanced', ...cpu];
    const other = await run(...again, '--task', 'classification', '--out', out);
    expect(other.stderr).toContain('config.fusion.sampling: nothing → "balanced"');
    const named = ['--out', join(folder, 'sampled'), '--json'];
    const sampled = await run(...again, '--task', 'classification', ...named);
    expect(sampled.code, sampled.stderr).toBe(exitCode.done);
    expect((JSON.parse(sampled.stdout) as { notes: string[] }).notes.join()).toMatch(
      /\(balanced\), with outputs corrected.*: towers alone, late, and early/,
    );
    const nothing = await run(...again, '--out', join(folder, 'no'));
    expect(nothing.stderr).toMatch(/towers\.sampling: there are no classes to be sampled/);
  });

  it('is refused without labels, without anything to train for, and under a wrong name', async () => {
    const to = ['train', '--config', config, '--out', join(folder, 'no'), ...cpu];
    const question = ['--captions', captions, '--columns', 'caption=question'];
    const unlabelled = await run(...to, ...question, '--task', 'answering');
    expect([unlabelled.code, unlabelled.stderr]).toEqual([
      exitCode.usage,
      expect.stringMatching(/"train" has no labels.*--columns label=answer/s),
    ]);
    const wrong = await run(...to, ...question, '--task', 'anwsering');
    expect(wrong.stderr).toContain('Did you mean "answering"');
    const file = join(folder, 'nothing.json');
    const parsed = JSON.parse(await readFile(config, 'utf8')) as { training: object };
    await writeFile(
      file,
      JSON.stringify({ ...parsed, training: { ...parsed.training, loss: undefined } }),
    );
    const nothing = await run(
      'train',
      '--config',
      file,
      '--out',
      join(folder, 'no'),
      ...cpu,
      ...question,
    );
    expect(nothing.stderr).toContain('there is nothing to train for');
  });
});

async function linesOf(file: string): Promise<Record<string, unknown>[]> {
  const text = (await readFile(file, 'utf8')).trimEnd();
  return text.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
}
