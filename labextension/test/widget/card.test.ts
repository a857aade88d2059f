import { beforeEach, expect, it, vi } from 'vitest';

import widget from '../../src/widget/index';
import { interaction } from '../panel/samples';
import { Desk, standIn } from './desk';

const NOW = 1_800_000_000;
const WAITING = interaction('i1', { user_code: 'D7KX-92QP', expires_on: NOW + 600 });

beforeEach(() => {
  vi.useFakeTimers({ now: NOW * 1000 });
  standIn();
});

function shown(desk: Desk, early?: unknown): () => string {
  const el = document.createElement('div');
  document.body.replaceChildren(el);
  const made = widget();
  made.initialize({ model: desk.model });
  if (early) {
    desk.tell(early); // before there is a view
  }
  made.render({ model: desk.model, el });
  const card = el.firstElementChild?.shadowRoot?.querySelector('jupyter-auth-card')?.shadowRoot;
  return () => card?.querySelector('.ja')?.textContent ?? '';
}

it('shows what the kernel told before there was a view, and no Cancel', () => {
  const told = shown(new Desk('card'), { kind: 'interaction', interaction: WAITING });
  expect(told()).toContain('D7KX-92QP');
  expect(told()).toContain('To stop, interrupt the cell.');
  expect(told()).not.toContain('Cancel');
});

it('of a kernel’s question says where to answer it, since the kernel could answer here', () => {
  const asks = interaction('i1', { flow: 'consent', expires_on: NOW + 600 });
  const told = shown(new Desk('card'), { kind: 'interaction', interaction: asks });
  expect(told()).toContain('b.ipynb wants to use lake');
  expect(told()).toContain('so answer in the Sign-ins panel of JupyterLab, or in a terminal with jupyter auth grants.');
  expect(told()).not.toContain('Allow once');
});

it('asks where it was told nothing yet', () => {
  const desk = new Desk('card');
  const told = shown(desk);
  expect(desk.said).toEqual([{ kind: 'show' }]);
  expect(told()).toBe('');
  desk.tell({ kind: 'interaction', interaction: WAITING });
  expect(told()).toContain('D7KX-92QP');
});

it('keeps no code when the request or the kernel has ended', () => {
  const desk = new Desk('card');
  const told = shown(desk, { kind: 'interaction', interaction: WAITING });
  desk.tell({ kind: 'interaction', interaction: { ...WAITING, state: 'succeeded', username: 'ada', user_code: null } });
  expect(told()).toContain('Signed in as ada');
  expect(told()).not.toContain('D7KX');
  const other = new Desk('card');
  const said = shown(other, { kind: 'interaction', interaction: WAITING });
  other.end();
  expect(said()).not.toContain('D7KX');
  expect(said()).toContain('This sign-in request has ended.');
});
