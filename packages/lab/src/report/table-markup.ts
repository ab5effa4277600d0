import { markup, type Markup } from '@crossweave/core/authoring';
import { escapeMarkdown } from './escape-markdown';
import type { Table } from './tables';

/** A table that scrolls by itself where it is too wide; details stand small below their figure. */
export function htmlTable({ head, rows }: Table): Markup {
  return markup`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${head.map((cell) => markup`<th scope="col">${cell}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([name, ...cells]) =>
            markup`<tr>
              <th scope="row">${name}</th>
              ${cells.map(htmlCell)}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

export function markdownTable({ head, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  return [line(head), `| ${head.map(() => '---').join(' | ')} |`, ...rows.map(line)].join('\n');
}

function htmlCell(text: string): Markup {
  const [figure = '', detail] = text.split('\n');
  return markup`<td>${figure}${detail === undefined ? undefined : markup` <small>${detail}</small>`}</td>`;
}
