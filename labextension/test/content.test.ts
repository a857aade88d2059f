import { describe, expect, test } from 'vitest';
import { read, type Card } from '../src/interaction/content';
import { ended } from '../src/interaction/model';
import type { Outcome } from '../src/interaction/outcome';
import { outcomeText } from '../src/interaction/outcome-view';
import { english, plain } from '../src/interaction/strings';
import { NOW, UNSAFE, sample } from './samples';

const card = (changes = {}, now = NOW, openedOn: number | null = null) =>
  read(sample(changes), { now, openedOn }) as Card;
const outcome = (changes = {}, now = NOW) => read(sample(changes), { now, openedOn: null }) as Outcome;

describe('a request that waits', () => {
  test('says who asks for what', () => {
    const { title, facts, code, url, urlName, left, share } = card({ requested_by: { waiting: 3 } }, NOW + 90);
    expect(plain(english, title)).toBe('sales-forecast.ipynb asks you to sign in to graph');
    const said = facts.map(fact => [plain(english, fact.label), ...fact.lines.map(line => plain(english, line.words))]);
    expect(said).toEqual([
      ['Notebook', 'projects/2026/sales-forecast.ipynb', 'and 2 more notebooks wait'],
      ['Kernel', 'Python 3 (ipykernel)', 'name not verified'],
      ['Application', 'Contoso Notebooks'],
      ['Sign in at', 'login.microsoftonline.com', 'for contoso.com'],
      ['Allows', 'Read your profile', 'Read your files']
    ]);
    expect([code, url, urlName]).toEqual([
      'D7KX-92QP',
      'https://microsoft.com/devicelogin',
      'microsoft.com/devicelogin'
    ]);
    expect([left, share]).toEqual([810, 0.9]);
  });
  test('without a notebook, without a title', () => {
    const { title, facts } = card({ title: null, requested_by: { notebook: null, in_process: true } });
    expect(plain(english, title)).toBe('Sign in to graph');
    const notes = facts.flatMap(fact => fact.lines.filter(line => line.isNote)).map(l => plain(english, l.words));
    expect(notes).toContain('name not verified');
    expect(notes).toContain('No Jupyter server here: the sign-in is kept in this Python process.');
  });
  test('by a link has no code and no QR code', () => {
    const authorization_uri = 'https://login.example.org/authorize?state=x';
    const shown = card({ flow: 'authorization_code', authorization_uri });
    expect([shown.code, shown.qr, shown.url, shown.urlName]).toEqual(['', '', authorization_uri, 'login.example.org']);
  });
  test.each([
    ['at first', {}, 0, null, 'waiting'],
    ['when the provider asks for a slower pace', { slow: true }, 0, null, 'slow'],
    ['under a quarter of the time', {}, 700, null, 'slow'],
    ['a minute after the link was used', {}, 100, NOW + 40, 'slow'],
    ['just after the link was used', {}, 100, NOW + 90, 'waiting']
  ])('%s', (_, changes, passed, openedOn, state) => expect(card(changes, NOW + passed, openedOn).state).toBe(state));
  test.each(UNSAFE)('with %j it has failed', verification_uri => {
    const shown = outcome({ verification_uri });
    expect([shown.state, shown.icon, shown.remedies]).toEqual(['failed', 'shield', ['dismiss']]);
    expect(JSON.stringify(shown)).not.toContain('D7KX');
  });
  test('an unsafe address makes no QR code', () => {
    expect(card({ verification_uri_complete: 'javascript:alert(1)' }).qr).toBe('');
  });
  test('over by the clock, the server has five seconds to say how it ended', () => {
    expect(card({}, NOW + 903).left).toBe(0);
    expect(outcome({}, NOW + 906).state).toBe('expired');
  });
  test.each([NaN, Infinity, '9', null])('%j is no time', value => {
    expect(Number.isFinite(card({ expires_on: value, created_on: value }).share)).toBe(true);
  });
});

describe('how it ended', () => {
  const text = (changes: object) => outcomeText(outcome(changes), english);
  test.each([
    [{ state: 'succeeded', username: 'ada@contoso.com' }, 'Signed in as ada@contoso.com · graph'],
    [{ state: 'succeeded' }, 'Signed in · graph'],
    [{ state: 'cancelled' }, 'Sign-in cancelled. Run the cell again to sign in.'],
    [{ state: 'expired' }, 'The code expired. Nobody used it in time. Nothing was changed.'],
    [
      { state: 'declined' },
      'Sign-in declined. It was declined at login.microsoftonline.com. You are not signed in to graph.'
    ],
    [
      { state: 'failed', reason: 'unreachable', message: 'x' },
      'Sign-in failed. login.microsoftonline.com did not answer. Check your connection or VPN, then try again.'
    ],
    [{ state: 'failed', reason: 'store_failed', message: 'A.', hint: 'B.' }, 'Sign-in failed. A. B.'],
    [{ state: 'declined', reason: 'wrong_account', message: 'You are bob.' }, 'Sign-in failed. You are bob.'],
    [{ state: 'new_state' }, 'Sign-in failed.']
  ])('%j', (changes, said) => expect(text(changes)).toBe(said));

  test('what the provider said stands in the details only', () => {
    const message = 'idp refused the request: access_denied (AADSTS53003 <b>).';
    const shown = outcome({ state: 'failed', reason: 'provider_refused', message, hint: '' });
    expect(outcomeText(shown, english)).not.toContain('AADSTS');
    expect(shown.details.map(([, value]) => value)).toContain(message);
  });
  test('no outcome has a code or an address', () => {
    for (const state of ['succeeded', 'cancelled', 'expired', 'declined', 'failed', 'x']) {
      const all = JSON.stringify(outcome({ state }));
      expect(all).not.toMatch(/D7KX|devicelogin/);
    }
    expect(JSON.stringify(ended(sample()))).not.toMatch(/D7KX|devicelogin/);
  });
});
