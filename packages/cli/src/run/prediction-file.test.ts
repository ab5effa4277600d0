import { describe, expect, it } from 'vitest';
import type { PairPrediction } from '@crossweave/lab';
import { predictionText } from './prediction-file';

const lines: PairPrediction[] = [
  { id: '1', caption: 'a "red", big\nstar', label: 'yes', probability: 0.75, abstained: false },
  { id: '2', caption: '', missing: 'text', label: null, probability: 0.4, abstained: true },
  {
    id: '3',
    caption: 'x',
    label: ['a', 'b'],
    top: [{ label: 'a', probability: 1 }],
    abstained: false,
  },
];

describe('predictionText', () => {
  it('is a JSON line each', () => {
    const text = predictionText(lines, 'answers.jsonl');
    const read = text
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(read).toEqual([
      { id: '1', caption: 'a "red", big\nstar', prediction: 'yes', probability: 0.75 },
      {
        id: '2',
        caption: '',
        missing: 'text',
        prediction: null,
        probability: 0.4,
        abstained: true,
      },
      { id: '3', caption: 'x', prediction: ['a', 'b'], top: [{ label: 'a', probability: 1 }] },
    ]);
  });

  it('is CSV where the file is named so, with quotes as RFC 4180 has them', () => {
    expect(predictionText(lines, 'ANSWERS.CSV')).toBe(
      [
        'id,caption,missing,prediction,probability,abstained,top',
        '1,"a ""red"", big\nstar",,yes,0.75,,',
        '2,,text,,0.4,true,',
        '3,x,,"[""a"",""b""]",,,"[{""label"":""a"",""probability"":1}]"',
        '',
      ].join('\n'),
    );
  });

  it('is empty, or a header, of no line', () => {
    expect(predictionText([], 'a.jsonl')).toBe('');
    expect(predictionText([], 'a.csv')).toBe(
      'id,caption,missing,prediction,probability,abstained,top\n',
    );
  });
});
