import { Markup, markup } from '@crossweave/core/authoring';

const style = `
:root { color-scheme: light dark; --ink: #1c2024; --soft: #5b636b; --rule: #d9dde1; --page: #fff; --panel: #f6f7f8; --mark: #0067a5; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8ea; --soft: #a2abb3; --rule: #3a4148; --page: #14171a; --panel: #1c2125; --mark: #56b4e9; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1120px; padding: 20px 16px 48px; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.2; margin: 8px 0 12px; }
h2 { font-size: 1.15rem; margin: 36px 0 10px; }
.sheet { display: grid; gap: 12px; grid-template-columns: repeat(auto-fill, minmax(min(160px, 45%), 1fr)); }
.pairs { display: grid; gap: 12px; grid-template-columns: repeat(auto-fill, minmax(min(330px, 100%), 1fr)); }
.pair { display: grid; gap: 8px; grid-template-columns: 1fr 1fr; padding: 8px; border: 1px solid var(--rule); border-radius: 6px; }
figure { margin: 0; padding: 8px; background: var(--panel); border-radius: 6px; }
img, .missing { display: block; width: 100%; height: 150px; object-fit: contain; }
.missing { display: grid; place-items: center; color: var(--soft); font-size: 0.85rem; }
figcaption { margin-top: 6px; font-size: 0.85rem; line-height: 1.35; }
small { color: var(--soft); }
figcaption > small { display: block; }
.label { color: var(--mark); font-weight: 600; }
.note { color: var(--soft); font-size: 0.85rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.88rem; font-variant-numeric: tabular-nums; min-width: 100%; }
th, td { padding: 6px 12px 6px 0; text-align: left; border-bottom: 1px solid var(--rule); vertical-align: top; }
dl { display: grid; grid-template-columns: fit-content(40%) 1fr; gap: 4px 16px; font-size: 0.9rem; }
dt { color: var(--soft); } dd { margin: 0; }
`;

/** A page of these parts with its style in it. */
export function pageOf(title: string, parts: readonly (Markup | undefined)[]): string {
  const page = markup`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>${title}</title>
      <style>
        ${new Markup(style)}
      </style>
    </head>
    <body>
      ${parts}
    </body>
  </html>`;
  return `<!doctype html>\n${page.text}\n`;
}
