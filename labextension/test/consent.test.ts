import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Consent } from '../src/interaction/consent';
import { read } from '../src/interaction/content';
import { outcomeText } from '../src/interaction/outcome-view';
import type { Outcome } from '../src/interaction/outcome';
import { english, plain } from '../src/interaction/strings';
import { card, find, part, root, said, show, text, told } from './card-at-hand';
import { HOSTILE, NOW, sample } from './samples';

const NOTHING = { user_code: null, verification_uri: null, verification_uri_complete: null };
const ASKS = { flow: 'consent', ...NOTHING, account: 'ada@contoso.com', consent: { token_lifetime: 3600 } } as const;
const consent = (changes = {}): Consent => read(sample({ ...ASKS, ...changes }), { now: NOW, openedOn: null }) as Consent;
const outcome = (changes = {}): string =>
  outcomeText(read(sample({ ...ASKS, ...changes }), { now: NOW, openedOn: null }) as Outcome, english);

describe('a kernel that asks', () => {
  test('says who wants what', () => {
    const { title, caution, facts } = consent();
    expect(plain(english, title)).toBe('sales-forecast.ipynb wants to use graph');
    expect(plain(english, caution)).toBe('Only allow this if you know what the notebook does. It will act as you.');
    const rows = facts.map(fact => [plain(english, fact.label), ...fact.lines.map(line => plain(english, line.words))]);
    expect(rows).toEqual([
      ['Notebook', 'projects/2026/sales-forecast.ipynb'],
      ['Kernel', 'Python 3 (ipykernel)', 'name not verified'],
      ['Application', 'Contoso Notebooks'],
      ['Account', 'ada@contoso.com'],
      ['Sign in at', 'login.microsoftonline.com', 'for contoso.com'],
      ['Allows', 'Read your profile', 'Read your files']
    ]);
  });
  test('an application without a title is not verified, an account nobody named is left out', () => {
    const { facts } = consent({ title: null, account: null });
    const notes = facts.flatMap(fact => fact.lines.filter(line => line.isNote)).map(line => plain(english, line.words));
    expect(notes).toContain('name not verified');
    expect(facts.map(fact => plain(english, fact.label))).not.toContain('Account');
  });
  test.each([
    [{ kernel_name: 'Python 3' }, 'Python 3 wants to use graph'],
    [{ kernel_name: null }, 'A kernel wants to use graph']
  ])('without a notebook: %j', (kernel, title) => {
    const shown = consent({ requested_by: { notebook: null, ...kernel } });
    expect(plain(english, shown.title)).toBe(title);
    expect(shown.hasNotebook).toBe(false);
    expect(shown.options.map(option => plain(english, option.label))).toEqual(['Allow once', 'Allow this kernel', 'Never']);
    expect(shown.options.map(option => option.remember)).toEqual(['once', 'kernel', 'kernel']);
  });
  test.each([null, undefined, -1, NaN, '3600', {}])('%j is no lifetime', token_lifetime => {
    expect(consent({ consent: { token_lifetime } }).options[0]?.hint.key).toBe('card.consent.onceOnly');
  });
  test('names of others are only text', () => {
    for (const value of HOSTILE) {
      show({ ...ASKS, profile: value, account: value, requested_by: { notebook: value, kernel_name: value } });
      expect(root().querySelectorAll('img, script, a')).toHaveLength(0);
      expect(root().querySelectorAll('.options button')).toHaveLength(3);
    }
  });
  test('an address or a code that does not belong there is not shown', () => {
    show({ ...ASKS, user_code: 'D7KX', verification_uri: 'javascript:alert(1)', authorization_uri: 'https://x.example' });
    expect(root().innerHTML).not.toMatch(/D7KX|javascript|x\.example/);
    expect(find('section').dataset['state']).toBe('consent');
  });
});

describe('the answers', () => {
  const decided: unknown[] = [];
  const note = (event: Event): void => void decided.push((event as CustomEvent<unknown>).detail);
  const calm = (): void => void vi.advanceTimersByTime(600);

  beforeEach(() => {
    decided.length = 0;
    card.addEventListener('ja-decide', note);
  });

  test('stand in their order, none of them focused, with Cancel at the end', () => {
    show(ASKS);
    const order = [...root().querySelectorAll<HTMLElement>('button, input, a')].map(e => e.dataset['part']);
    expect(order).toEqual(['once', 'kernel', 'kept', 'never', 'cancel']);
    expect(document.activeElement).toBe(document.body);
    expect(part('once').textContent).toBe('Allow onceThis token only, at most 1 h');
    expect(part('kernel').textContent).toBe('Allow this notebookUntil its kernel stops');
    expect(part('never').textContent).toBe('NeverChange it later in the Sign-ins panel');
    expect(said()).toBe('The cell is waiting for your answer');
    card.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, composed: true }));
    expect(decided).toEqual([]);
    expect(told).toEqual([]);
  });
  test.each([
    ['once', { decision: 'allow', remember: 'once' }],
    ['kernel', { decision: 'allow', remember: 'kernel' }],
    ['never', { decision: 'deny', remember: 'kernel' }]
  ])('%s', (name, answer) => {
    show(ASKS);
    calm();
    part(name).click();
    expect(decided).toEqual([{ id: 'int-1', ...answer }]);
  });
  test('for the notebook’s path, too', () => {
    show(ASKS);
    calm();
    (part('kept') as HTMLInputElement).click();
    part('once').click();
    part('kernel').click();
    expect(decided).toEqual([
      { id: 'int-1', decision: 'allow', remember: 'once' },
      { id: 'int-1', decision: 'allow', remember: 'notebook' }
    ]);
    expect(find('.also').textContent).toBe('Also after that, until the server stops');
    show({ ...ASKS, id: 'int-2', requested_by: { notebook: null } });
    expect(root().querySelector('[data-part=kept]')).toBeNull();
  });
  test('a click that was meant for what stood there before is none', () => {
    show(ASKS);
    part('kernel').click();
    calm();
    show({ ...ASKS, scopes: ['openid', 'Mail.Send'] });
    part('kernel').click();
    expect(decided).toEqual([]);
    show({ ...ASKS, scopes: ['openid', 'Mail.Send'], expires_on: NOW + 950 });
    calm();
    part('kernel').click();
    expect(decided).toHaveLength(1);
  });
  test('cancel', () => {
    show(ASKS);
    part('cancel').click();
    expect(told).toEqual([['ja-cancel', 'int-1']]);
  });
  test('while the server is lost none can be given, and the card says so', () => {
    show(ASKS);
    calm();
    const option = part('once');
    card.lost = true;
    option.click();
    expect(decided).toEqual([]);
    expect(option.getAttribute('aria-disabled')).toBe('true');
    expect(find('.tip').hidden).toBe(false);
    expect(said()).toBe('Connection lost');
    card.lost = false;
    expect(part('once')).toBe(option);
    option.click();
    expect(decided).toHaveLength(1);
  });
  test('where the kernel could answer, there are none, and the card says where there are', () => {
    card.elsewhere = true;
    card.stopHint = 'To stop, interrupt the cell.';
    show(ASKS);
    expect(root().querySelectorAll('button, input')).toHaveLength(0);
    expect(text()).toContain('so answer in the Sign-ins panel of JupyterLab, or in a terminal with jupyter auth grants.');
    expect(text()).toContain('To stop, interrupt the cell.');
    card.elsewhere = false;
    expect(root().querySelectorAll('.options button')).toHaveLength(3);
  });
  test('a question that takes the place of a control proposes no answer', () => {
    show();
    part('cancel').focus();
    part('copy').focus();
    show(ASKS);
    expect(root().activeElement).toBe(find('#title'));
  });
  test('the time that is left is said, and its end is noticed', () => {
    show(ASKS);
    vi.advanceTimersByTime(840_500);
    expect(said()).toBe('Request ends in 1 min');
    vi.advanceTimersByTime(70_000);
    expect(text()).toContain('Nobody answered in time');
    expect(root().querySelectorAll('button')).toHaveLength(0);
  });
});

describe('how it ended is one line', () => {
  test.each([
    [{ state: 'succeeded', username: 'ada' }, 'Allowed to use graph'],
    [{ state: 'declined' }, 'Not allowed to use graph. Change it in the Sign-ins panel.'],
    [{ state: 'expired' }, 'Nobody answered in time, so nothing was allowed. Run the cell again to be asked again.'],
    [{ state: 'cancelled' }, 'Cancelled, so nothing was allowed. Run the cell again to be asked again.'],
    [{ state: 'unknown', reason: 'gone' }, 'This request has ended. Run the cell again to be asked again.'],
    [{ state: 'new_state' }, 'This request has ended. Run the cell again to be asked again.'],
    [
      { state: 'unknown', reason: 'login' },
      'Your Jupyter login has ended. Log in to Jupyter again to see this sign-in request.'
    ]
  ])('%j', (changes, line) => {
    expect(outcome(changes)).toBe(line);
    show({ ...ASKS, ...(changes as object) });
    expect(root().querySelectorAll('button, section')).toHaveLength(0);
  });
});
