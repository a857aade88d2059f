/**
 * The card's style, for its shadow root. Colour, borders and type come from
 * JupyterLab's variables, which reach into a shadow root, so custom themes
 * follow; the fallbacks take the host's text colour, for hosts without them.
 * Logical properties throughout; spacing on a grid of 4 px.
 */
export const STYLE = `
:host { display: block; container: ja / inline-size; }
:host([hidden]) { display: none; }
.ja {
  --font-s: calc(var(--jp-ui-font-size1, 13px) * 12 / 13);
  --font-l: calc(var(--jp-ui-font-size1, 13px) * 14 / 13);
  --font-code: calc(var(--jp-ui-font-size1, 13px) * 28 / 13);
  --mono: var(--jp-code-font-family, ui-monospace, monospace);
  --radius: var(--jp-border-radius, 2px);
  --title: var(--jp-ui-font-color0, currentColor);
  --soft: var(--jp-ui-font-color2, color-mix(in srgb, currentColor 75%, transparent));
  --surface: var(--jp-layout-color1, transparent);
  --sunken: var(--jp-cell-editor-background, color-mix(in srgb, currentColor 5%, transparent));
  --hover: var(--jp-layout-color2, color-mix(in srgb, currentColor 12%, transparent));
  --line: var(--jp-border-color2, color-mix(in srgb, currentColor 20%, transparent));
  --edge: var(--jp-border-color1, color-mix(in srgb, currentColor 35%, transparent));
  --accent: var(--jp-brand-color1, #1976d2);
  --on-fill: var(--jp-ui-inverse-font-color0, #fff);
  --warn: var(--jp-warn-color0, #e65100);
  color: var(--jp-ui-font-color1, inherit);
  font-family: var(--jp-ui-font-family, inherit);
  font-size: var(--jp-ui-font-size1, 13px);
  line-height: 1.5385;
  text-align: start;
}
.ja, .ja *, .ja *::before, .ja *::after { box-sizing: border-box; }
.ja :is(p, ul, ol, dl, dd) { margin: 0; padding: 0; }
.ja :is(ul, ol) { list-style: none; }
.ja [hidden] { display: none; }
.ja code { font-family: var(--mono); font-size: var(--font-s); }
.ja bdi { overflow-wrap: anywhere; }
/* A sentence keeps the order of its own language, whatever the direction around it: else two names in an
   untranslated sentence change places, and the request reads backwards. */
.ja :is(p, dd, li), .note, .option > *, .state > span, .line > span { unicode-bidi: plaintext; text-align: -webkit-match-parent; text-align: match-parent; }
.small { font-size: var(--font-s); line-height: 1.3334; }
.unseen { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.ja-icon { inline-size: 16px; block-size: 16px; flex: none; display: block; }
.ja-is-accent { color: var(--accent); } .ja-is-soft { color: var(--soft); } .ja-is-warn { color: var(--warn); }
.ja-is-ok { color: var(--jp-success-color1, #388e3c); } .ja-is-bad { color: var(--jp-error-color1, #d32f2f); }
.ja :focus-visible {
  outline: var(--jp-focus-outline-width, 2px) solid var(--jp-focus-outline-color, var(--accent));
  outline-offset: 2px;
}

.btn {
  display: inline-flex; align-items: center; justify-content: center; gap: 4px;
  min-block-size: 28px; padding: 3px 12px; margin: 0; max-inline-size: 100%;
  border: 1px solid var(--edge); border-radius: var(--radius); background: transparent; color: inherit;
  font: inherit; line-height: 1.5385; text-decoration: none; cursor: pointer;
}
.btn > span { min-inline-size: 0; overflow-wrap: anywhere; text-align: center; unicode-bidi: plaintext; }
.btn:hover { background: var(--hover); }
.primary { background: var(--accent); border-color: transparent; color: var(--on-fill); font-weight: 500; }
.primary:hover { background: var(--accent); text-decoration: underline; }
.quiet { border-color: transparent; padding-inline: 8px; }
.actions { display: flex; flex-wrap: wrap; gap: 8px; }

.card {
  position: relative; background: var(--surface); border: 1px solid var(--line);
  border-radius: calc(var(--radius) * 2); overflow: clip; max-inline-size: 720px;
}
.head { display: grid; grid-template-columns: 16px minmax(0, 1fr); column-gap: 8px; padding: 12px 12px 0; }
.head > .ja-icon, .tip > .ja-icon, .notice > .ja-icon, .line > .ja-icon { margin-block-start: 2px; }
.ja .title { font-size: var(--font-l); line-height: 1.4286; font-weight: 600; color: var(--title); text-wrap: balance; }
.caution { text-wrap: pretty; }
.body { display: grid; gap: 12px; padding: 12px; }
.facts { display: grid; grid-template-columns: fit-content(40%) minmax(0, 1fr); gap: 4px 12px; align-content: start; }
.facts dt { color: var(--soft); font-size: var(--font-s); line-height: 1.6667; }
.facts dd { overflow-wrap: anywhere; grid-column: 2; }
.note { display: block; color: var(--soft); font-size: var(--font-s); line-height: 1.3334; }
.scopes code { color: var(--soft); font-size: var(--jp-ui-font-size0, 11px); margin-inline-start: 2px; overflow-wrap: anywhere; }
.act { display: grid; gap: 12px; align-content: start; min-inline-size: 0; }
.act > ol { display: grid; gap: 12px; }
.step { display: grid; grid-template-columns: 20px minmax(0, 1fr); row-gap: 4px; }
.no { color: var(--soft); font-variant-numeric: tabular-nums; }
.step > :nth-child(n + 3) { grid-column: 1 / -1; }
.code {
  display: flex; flex-wrap: wrap; align-items: center; gap: 8px; justify-content: space-between;
  padding: 4px; padding-inline-start: 12px;
  background: var(--sunken); border: 1px solid var(--edge); border-radius: var(--radius);
}
.code > code {
  font-size: calc(var(--font-code) * 6 / 7); line-height: 1.5; letter-spacing: 0.06em; color: var(--title);
  user-select: all; white-space: nowrap; unicode-bidi: isolate; direction: ltr;
}
.long { justify-content: flex-end; }
.long > code {
  flex: 1 1 100%; white-space: normal; overflow-wrap: anywhere; font-size: var(--font-s); line-height: 1.3334;
  letter-spacing: 0; padding-block: 4px 0; padding-inline-end: 8px;
}
.code > .btn { flex: none; background: var(--surface); }
.code > .btn:hover { background: var(--hover); }
.open { display: flex; }
.open > .btn { flex: 1 1 auto; }

/* The one place with fixed colours: a camera needs dark modules on a light ground in every theme. */
.qr { margin-block-start: -4px; }
.qr > summary { list-style: none; inline-size: fit-content; margin-inline-start: -8px; }
.qr > summary::-webkit-details-marker { display: none; }
.qr[open] > summary .when-closed, .qr:not([open]) > summary .when-open { display: none; }
.qr-view { display: flex; gap: 12px; align-items: center; margin-block-start: 8px; }
.qr-view > svg {
  flex: none; inline-size: 148px; block-size: 148px; background: white; color: black;
  border: 1px solid var(--line); border-radius: var(--radius); forced-color-adjust: none;
}

.qr > summary.btn { font-size: var(--font-s); }
.other { inline-size: fit-content; max-inline-size: 100%; margin-inline-start: -8px; margin-block-start: -4px; font-size: var(--font-s); }
.paste { display: grid; gap: 4px; justify-items: start; }
.paste > label { display: grid; gap: 4px; inline-size: 100%; }
.paste-view { display: grid; gap: 8px; margin-block-start: 8px; }
.field {
  inline-size: 100%; min-block-size: 28px; padding: 3px 8px; margin: 0; font: inherit; color: inherit;
  background: var(--surface); border: 1px solid var(--jp-inverse-border-color, currentColor); border-radius: var(--radius);
}

.options { display: grid; gap: 8px; }
.option {
  display: grid; inline-size: 100%; padding: 7px 12px; margin: 0; border: 1px solid var(--edge); border-radius: var(--radius);
  background: transparent; color: inherit; font: inherit; line-height: 1.5385; text-align: start; cursor: pointer;
}
.option:hover { background: var(--hover); }
.option[data-first] { border-color: var(--accent); }
.option[aria-disabled='true'] { color: var(--soft); border-color: var(--line); background: transparent; cursor: default; }
.option > strong { font-weight: 500; color: var(--title); }
.option[aria-disabled='true'] > strong { color: inherit; }
.option > small { font-size: var(--font-s); line-height: 1.3334; }
.also { display: flex; gap: 8px; align-items: center; min-block-size: 24px; padding-inline-start: 12px; margin-block-start: 4px; font-size: var(--font-s); line-height: 1.3334; cursor: pointer; }
.also > input { flex: none; inline-size: 16px; block-size: 16px; margin: 0; accent-color: var(--accent); }
.command { white-space: nowrap; unicode-bidi: isolate; direction: ltr; }

.tip { padding: 0 12px 12px; display: grid; grid-template-columns: 16px minmax(0, 1fr); gap: 8px; }
.countdown { block-size: 2px; background: var(--hover); }
.countdown > span { display: block; block-size: 100%; background: var(--accent); transition: inline-size 1s linear; }
.countdown[data-low] > span { background: var(--warn); }
.foot { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 4px 8px; padding: 4px 12px; min-block-size: 36px; }
.foot > .btn { flex: none; margin-inline: auto -8px; }
.state { display: flex; align-items: baseline; column-gap: 8px; min-inline-size: 0; font-size: var(--font-s); }
.time { color: var(--soft); font-variant-numeric: tabular-nums; }
.stop { font-size: var(--font-s); color: var(--soft); }
.state > .pulse {
  align-self: center; inline-size: 8px; block-size: 8px; border-radius: 50%; background: var(--accent); flex: none;
  animation: pulse 2s ease-in-out infinite;
}
[data-state='lost'] .pulse { animation: none; background: var(--warn); border-radius: 0; }
@keyframes pulse { 50% { opacity: 0.35; } }

.notice { display: grid; grid-template-columns: 16px minmax(0, 1fr); gap: 0 8px; padding: 12px; }
.notice-main { display: flex; flex-wrap: wrap; gap: 12px; align-items: start; justify-content: space-between; }
.notice-text { flex: 1 1 240px; min-inline-size: 0; display: grid; gap: 4px; }
.ja .notice .title { font-size: inherit; }
.details > summary { cursor: pointer; font-size: var(--font-s); inline-size: fit-content; min-block-size: 24px; padding-block: 2px; }
.details > dl { padding: 8px 0; }
.line { display: grid; grid-template-columns: 16px minmax(0, 1fr); gap: 8px; padding: 4px 0; }

@container ja (min-width: 480px) {
  .head { padding: 16px 16px 0; }
  .body { padding: 16px; }
  .split {
    grid-template-columns: minmax(0, 1fr) minmax(0, min(55%, calc(var(--jp-ui-font-size1, 13px) * 280 / 13))); gap: 16px;
  }
  .split > .act { border-inline-start: 1px solid var(--line); padding-inline-start: 16px; }
  .foot { padding-inline: 16px; }
  .tip { padding-inline: 16px; }
  .notice { padding: 12px 16px; }
}
@container ja (max-width: 479px) {
  .facts { column-gap: 8px; }
  .foot { flex-wrap: nowrap; padding-block: 6px; }
  .state { display: grid; grid-template-columns: 8px minmax(0, 1fr); align-items: center; }
  .state > span { line-height: 1.3334; }
  .state > .time { grid-column: 2; }
  .qr-view { flex-direction: column; align-items: start; }
  .code:not(.long) > code { font-size: calc(var(--font-code) * 5 / 7); line-height: 1.6; letter-spacing: 0.04em; }
}
@media (prefers-reduced-motion: reduce) {
  .ja * { animation: none !important; transition: none !important; }
}
@media (forced-colors: active) {
  .btn, .option, .card { border-color: ButtonBorder; }
  .state > .pulse, .countdown > span { background: Highlight; forced-color-adjust: none; }
}
`;
