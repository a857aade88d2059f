import { beforeEach, describe, expect, it, vi } from 'vitest';

import { account, interaction, profile } from '../panel/samples';
import { Desk, see, standIn } from './desk';
import { button, NOW, settle, shown, text, usual } from './shown';

beforeEach(() => {
  vi.useFakeTimers({ now: NOW * 1000 });
  standIn();
});

it('shows who is signed in, and for what, with the time that is left', async () => {
  const desk = new Desk();
  desk.answers = usual();
  const { root } = shown(desk);
  await settle();
  const rows = Array.from(root.querySelectorAll('tbody tr'), row => row.textContent ?? '');
  expect(rows).toHaveLength(4);
  expect(rows[0]).toContain('Contoso');
  expect(rows[0]).toContain('Expires in 58 min');
  expect(rows[0]).toContain('User.Read openid');
  expect(rows[0]).toContain('used 2 min ago');
  expect(rows[1]).toContain('Needs a new sign-in');
  expect(rows[2]).toContain('Nobody signed in');
  expect(rows[3]).toContain('Application, no person');
  expect(text(root)).toContain('sales.ipynb · Python 3');
  const asked = desk.said.length;
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  expect(text(root)).toContain('Expires in 48 min');
  expect(desk.said.length).toBe(asked);
});

it('asks nothing while it cannot be seen, and tells the kernel so', async () => {
  const desk = new Desk();
  desk.answers = usual();
  shown(desk);
  await settle();
  see(false);
  expect(desk.said.at(-1)).toMatchObject({ kind: 'look', looks: false });
  const asked = desk.said.length;
  desk.tell({ kind: 'changed' });
  await vi.advanceTimersByTimeAsync(60_000);
  desk.tell({ kind: 'who-looks' });
  expect(desk.said.length).toBe(asked);
  see(true);
  await settle();
  expect(desk.asked('GET').length).toBe(12);
  desk.tell({ kind: 'who-looks' });
  expect(desk.said.at(-1)).toMatchObject({ kind: 'look', looks: true });
});

it('reads anew when the kernel says that something has changed', async () => {
  const desk = new Desk();
  desk.answers = usual();
  const { root } = shown(desk);
  await settle();
  desk.answers = { ...desk.answers, accounts: [], cache: [] };
  desk.tell({ kind: 'changed' });
  await settle();
  expect(text(root)).not.toContain('ada');
});

it('takes no answer to the question of another page', async () => {
  const desk = new Desk();
  desk.isBusy = true;
  const { root } = shown(desk);
  await settle();
  desk.tell({ kind: 'answer', to: 'other/1', status: 200, body: [profile('evil')] });
  desk.tell(null);
  desk.tell('text');
  await settle();
  expect(text(root)).not.toContain('evil');
});

describe('a request', () => {
  it('is a card above the table, and is cancelled by the kernel', async () => {
    const desk = new Desk();
    desk.answers = { ...usual(), 'POST interactions': interaction('i1', { user_code: 'D7KX-92QP', expires_on: NOW + 600 }) };
    const { root } = shown(desk);
    await settle();
    button(root, 'Sign in to lake').click();
    desk.answers = { ...desk.answers, interactions: [desk.answers['POST interactions']] };
    await settle();
    expect(desk.asked('POST')).toEqual(['interactions']);
    const card = root.querySelector('jupyter-auth-card')?.shadowRoot;
    expect(card?.textContent).toContain('D7KX-92QP');
    card?.querySelector<HTMLElement>('[data-part=cancel]')?.click();
    await settle();
    expect(desk.asked('DELETE')).toEqual(['interactions/i1']);
  });

  it('of a cell is one line, and a card only where that is wanted', async () => {
    const desk = new Desk();
    const row = interaction('i1', { title: 'The lake', user_code: 'D7KX-92QP', expires_on: NOW + 600 });
    desk.answers = { ...usual(), interactions: [row] };
    const { root } = shown(desk);
    await settle();
    expect(root.querySelector('jupyter-auth-card')).toBeNull();
    expect(root.querySelector('.ja-others')?.textContent).toBe('lake: a sign-in waits in this notebookShow here');
    button(root, 'Show here').click();
    expect(root.querySelector('jupyter-auth-card')?.shadowRoot?.textContent).toContain('D7KX-92QP');
    expect(root.querySelector<HTMLElement>('.ja-others')?.hidden).toBe(true);
    desk.answers = { ...desk.answers, interactions: [row, { ...row, id: 'i2' }] };
    desk.tell({ kind: 'changed' });
    await settle();
    expect(root.querySelectorAll('jupyter-auth-card')).toHaveLength(1);
    expect(root.querySelectorAll('.ja-other')).toHaveLength(1);
  });

  it('of a kernel to be allowed is not answered by way of the kernel', async () => {
    const desk = new Desk();
    const row = interaction('i1', { flow: 'consent', expires_on: NOW + 600 });
    desk.answers = { ...usual(), interactions: [row] };
    const { root } = shown(desk);
    await settle();
    expect(root.querySelector('.ja-others')?.textContent).toBe('lake: this notebook waits to be allowedShow here');
    button(root, 'Show here').click();
    const card = root.querySelector('jupyter-auth-card')?.shadowRoot;
    expect(card?.textContent).toContain('or in a terminal with jupyter auth grants.');
    expect(Array.from(card?.querySelectorAll('button') ?? [], one => one.textContent)).toEqual(['Cancel']);
    expect(desk.asked('POST')).toEqual([]);
  });

  it('leaves no code in the page while nobody sees it, and is asked for when somebody does', async () => {
    const desk = new Desk();
    const row = interaction('i1', { user_code: 'D7KX-92QP', expires_on: NOW + 600 });
    desk.answers = { ...usual(), interactions: [row] };
    const { root } = shown(desk);
    await settle();
    button(root, 'Show here').click();
    const card = root.querySelector('jupyter-auth-card')?.shadowRoot as ShadowRoot;
    expect(card.innerHTML).toContain('D7KX-92QP');
    see(false);
    expect(card.innerHTML).not.toContain('D7KX');
    desk.isBusy = true;
    see(true);
    await settle();
    expect(card.innerHTML).not.toContain('D7KX');
    desk.isBusy = false;
    see(false);
    see(true);
    desk.said.filter(({ kind }) => kind === 'ask').forEach(({ id, path }) =>
      desk.tell({ kind: 'answer', to: id, status: 200, body: desk.answers[path as string] })
    );
    await settle();
    expect(card.innerHTML).toContain('D7KX-92QP');
    see(false);
    desk.answers = { ...desk.answers, interactions: [{ ...row, user_code: null, state: 'declined' }] };
    see(true);
    await settle();
    expect(card.textContent).toContain('declined');
  });

  it('leaves nothing behind when the kernel has gone', async () => {
    const desk = new Desk();
    desk.answers = { ...usual(), interactions: [interaction('i1', { user_code: 'D7KX-92QP', expires_on: NOW + 600 })] };
    const { root } = shown(desk);
    await settle();
    button(root, 'Show here').click();
    expect(root.querySelector('jupyter-auth-card')).not.toBeNull();
    desk.end();
    await settle();
    expect(root.querySelector('jupyter-auth-card')).toBeNull();
    expect(root.querySelector('[data-static]')).not.toBeNull();
    expect(text(root)).toContain('This view is a snapshot. Run %auth again to refresh it.');
    expect(text(root)).toContain('ada');
    const asked = desk.said.length;
    await vi.advanceTimersByTimeAsync(120_000);
    expect(desk.said.length).toBe(asked);
  });
});

it('says that it is a snapshot where there was no kernel from the beginning', async () => {
  const desk = new Desk();
  const el = document.createElement('div');
  el.className = 'jupyter-widgets-disconnected';
  const { root } = shown(desk, el);
  await settle();
  expect(text(root)).toContain('This view is a snapshot.');
  expect(desk.said).toEqual([]);
});

it('says so when the kernel does not answer, until it does', async () => {
  const desk = new Desk();
  desk.answers = usual();
  desk.isBusy = true;
  const { root } = shown(desk);
  await vi.advanceTimersByTimeAsync(5000);
  expect(text(root)).toContain('The kernel does not answer');
  desk.said.filter(({ kind }) => kind === 'ask').forEach(({ id, path }) =>
    desk.tell({ kind: 'answer', to: id, status: 200, body: desk.answers[path as string] })
  );
  await settle();
  expect(text(root)).not.toContain('The kernel does not answer');
  expect(text(root)).toContain('ada');
});

it('lets nobody press what would be done later, when the kernel has time again', async () => {
  const desk = new Desk();
  desk.answers = usual();
  const { root } = shown(desk);
  await settle();
  desk.isBusy = true;
  desk.tell({ kind: 'changed' });
  await vi.advanceTimersByTimeAsync(5000);
  for (const name of ['Sign in to lake', 'Sign in again', 'More actions for ada', 'Clear cache…']) {
    expect(button(root, name).getAttribute('aria-disabled'), name).toBe('true');
    button(root, name).click();
  }
  expect(root.querySelector('[role=alertdialog], [role=menu]')).toBeNull();
  expect(desk.said.filter(({ kind, method }) => kind === 'ask' && method !== 'GET')).toEqual([]);
  desk.isBusy = false;
  desk.said.filter(({ kind, method }) => kind === 'ask' && method === 'GET').forEach(({ id, path }) =>
    desk.tell({ kind: 'answer', to: id, status: 200, body: desk.answers[path as string] })
  );
  await settle();
  expect(button(root, 'Clear cache…').hasAttribute('aria-disabled')).toBe(false);
});

it('says that the kernel does not answer where a press found it busy', async () => {
  const desk = new Desk();
  desk.answers = usual();
  const { root } = shown(desk);
  await settle();
  desk.isBusy = true;
  button(root, 'Sign in to lake').click();
  await vi.advanceTimersByTimeAsync(9000);
  expect(text(root)).toContain('The kernel does not answer');
});

it('ends with its view', async () => {
  const desk = new Desk();
  desk.answers = usual();
  const { end } = shown(desk);
  await settle();
  end();
  expect(desk.said.at(-1)).toMatchObject({ kind: 'look', looks: false });
  const asked = desk.said.length;
  desk.tell({ kind: 'changed' });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(desk.said.length).toBe(asked);
});

it('shows hostile names as text', async () => {
  const desk = new Desk();
  desk.answers = { ...usual(), accounts: [account('<img src=x onerror=alert(1)>', 'lake', { name: '<b>' })] };
  const { root } = shown(desk);
  await settle();
  expect(root.querySelector('img, b')).toBeNull();
  expect(text(root)).toContain('<img src=x');
});
