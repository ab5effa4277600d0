/** The style sheet of the HTML report; colours after Okabe and Ito, told apart also by the colour-blind. */
export const style = `
:root { color-scheme: light dark; --ink: #1c2024; --soft: #5b636b; --rule: #d9dde1; --page: #fff; --panel: #f6f7f8;
  --c0: #0067a5; --c1: #c04e00; --c2: #00795a; --c3: #a3447f; --c4: #6b5b00; --c5: #3f6f8f; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8ea; --soft: #a2abb3; --rule: #3a4148; --page: #14171a; --panel: #1c2125;
    --c0: #56b4e9; --c1: #f0953f; --c2: #2fc79a; --c3: #e19ac4; --c4: #e8d44d; --c5: #9ec5dc; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1120px; padding: 20px 16px 48px; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 8px 0 12px; }
h2 { font-size: 1.15rem; margin: 36px 0 10px; }
.verdict { padding: 4px 16px; background: var(--panel); border-left: 4px solid var(--c0); }
.charts { display: grid; gap: 20px; grid-template-columns: repeat(auto-fill, minmax(min(310px, 100%), 1fr)); }
figure { margin: 0; padding: 12px; background: var(--panel); border-radius: 6px; }
figcaption { font-weight: 600; font-size: 0.95rem; margin-bottom: 4px; }
svg { display: block; width: 100%; height: auto; max-width: 460px; }
svg text { font: 12px system-ui, sans-serif; fill: var(--ink); paint-order: stroke; stroke: var(--panel); stroke-width: 4px; }
svg .value { text-anchor: end; font-variant-numeric: tabular-nums; fill: var(--soft); }
svg .tick { text-anchor: middle; font-size: 11px; fill: var(--soft); }
svg .tick.first { text-anchor: start; }
svg .tick.last { text-anchor: end; }
svg .grid { stroke: var(--rule); stroke-width: 1; }
svg .reference { stroke: var(--soft); stroke-width: 1.5; }
svg .chance { stroke-dasharray: 6 3; }
svg .floor { stroke-dasharray: 1.5 3; }
svg .towers { stroke: var(--ink); }
svg .interval { stroke: var(--own); stroke-width: 3; stroke-linecap: round; opacity: 0.55; }
svg .interval.queries { stroke-width: 1.5; stroke-dasharray: 4 3; stroke-linecap: butt; opacity: 0.9; }
svg .mean { fill: var(--own); }
svg .trial { fill: none; stroke: var(--own); stroke-width: 1.2; }
svg .curve { fill: none; stroke: var(--own); stroke-width: 1.5; stroke-linejoin: round; }
.towers-row { --own: var(--ink); }
.arm-0 { --own: var(--c0); } .arm-1 { --own: var(--c1); } .arm-2 { --own: var(--c2); }
.arm-3 { --own: var(--c3); } .arm-4 { --own: var(--c4); } .arm-5 { --own: var(--c5); }
.legend { margin: 6px 0 0; font-size: 0.8rem; color: var(--soft); min-height: 1.2em; }
.key { display: inline-block; margin-right: 12px; }
.key::before { content: ""; display: inline-block; width: 18px; margin-right: 6px; vertical-align: middle;
  border-top: 3px solid var(--own, var(--soft)); }
.key.chance::before { border-top: 2px dashed var(--soft); }
.key.floor::before { border-top: 2px dotted var(--soft); }
.key.towers::before { border-top: 2px solid var(--ink); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.88rem; font-variant-numeric: tabular-nums; min-width: 100%; }
th, td { padding: 6px 12px 6px 0; text-align: left; border-bottom: 1px solid var(--rule); white-space: nowrap; vertical-align: top;
  overflow-wrap: normal; }
thead th { white-space: normal; vertical-align: bottom; min-width: 6.5em; color: var(--soft); font-weight: 600; }
tbody th { font-weight: 600; position: sticky; left: 0; background: var(--page); }
td small { display: block; color: var(--soft); font-size: 0.92em; }
dl { display: grid; grid-template-columns: fit-content(45%) 1fr; gap: 4px 16px; font-size: 0.9rem; }
dt { color: var(--soft); } dd { margin: 0; }
.gallery { display: grid; gap: 12px; margin: 8px 0 16px; grid-template-columns: repeat(auto-fill, minmax(min(150px, 45%), 1fr)); }
.gallery figure { padding: 8px; }
.gallery img, .no-picture { display: block; width: 100%; height: 110px; object-fit: contain; }
.no-picture { display: grid; place-items: center; color: var(--soft); font-size: 0.85rem; }
.gallery p { margin: 6px 0; font-size: 0.85rem; line-height: 1.3; }
.gallery dl { margin: 0; gap: 0 8px; font-size: 0.8rem; }
.right { color: var(--c2); } .wrong { color: var(--c1); }
pre { overflow-x: auto; padding: 12px; background: var(--panel); font-size: 0.8rem; }
summary { cursor: pointer; }
.note { color: var(--soft); font-size: 0.85rem; }
`;
