import { expect, it } from 'vitest';
import { unreadFields } from './unread-fields';

const of = (fields: string[], columns = {}): string[] =>
  unreadFields(fields, { columns }, 'c.csv').map(({ what, advice }) => `${what}. ${advice}`);

it('tells fields whose names say that something should read them', () => {
  expect(of(['image', 'caption', 'Split', 'LABEL', 'Group'])).toEqual([
    `the field "Split" is not read. If it is the split, pass columns: { split: 'Split' }.`,
    `the field "LABEL" is not read. If it is the label, pass columns: { label: 'LABEL' }.`,
    `the field "Group" is not read. If it is the group, pass columns: { group: 'Group' }.`,
  ]);
  expect(of(['image', 'caption', 'subset'])).toHaveLength(1);
  expect(of(['image', 'caption', 'answer'])).toEqual([
    `the field "answer" is not read. If it is the label, pass columns: { label: 'answer' }.`,
  ]);
  expect(of(['image', 'caption', 'hard_negatives'])).toEqual([
    'the field "hard_negatives" is not read. Rename it "negatives" if it is meant.',
  ]);
});

it('tells a second spelling of a field that is read, in some rows of JSON lines', () => {
  expect(of(['image', 'caption', 'split', 'Split', 'Caption'])).toEqual([
    expect.stringContaining('"Split"'),
    expect.stringContaining('"Caption"'),
  ]);
});

it('says nothing of fields that are read or mean something else', () => {
  expect(of(['image', 'caption', 'split', 'set', 'label', 'labels', 'url', ''])).toEqual([]);
  expect(of(['image', 'caption', 'label', 'answer'])).toEqual([]);
  expect(of(['image', 'caption', 'Split'], { split: 'Split' })).toEqual([]);
  expect(of(['image', 'caption', 'set', 'label'], { split: 'fold', label: 'class' })).toEqual([]);
});
