// S48 in the page: the card says for what its code is, and opens nothing by itself.
import { expect, test, vi } from 'vitest';
import { find, root, show, text } from './card-at-hand';

test('the card names notebook, kernel, application, tenant and scopes, and the caution comes before the code', () => {
  show();
  const said = text();
  for (const words of [
    'sales-forecast.ipynb asks you to sign in to graph',
    'Only continue if you started this just now.',
    'projects/2026/sales-forecast.ipynb',
    'Python 3 (ipykernel)',
    'Contoso Notebooks',
    'contoso.com',
    'login.microsoftonline.com',
    'Read your files'
  ]) {
    expect(said).toContain(words);
  }
  expect(said.indexOf('Only continue')).toBeLessThan(said.indexOf('D7KX-92QP'));
});

test('nothing is opened, asked for or followed before a person does it', () => {
  const open = vi.spyOn(window, 'open').mockReturnValue(null);
  const click = vi.spyOn(HTMLElement.prototype, 'click');
  const fetched = vi.fn();
  vi.stubGlobal('fetch', fetched);
  for (const flow of ['device_code', 'authorization_code'] as const) {
    show({ flow, authorization_uri: flow === 'device_code' ? null : 'https://login.example.org/authorize?state=x' });
    vi.advanceTimersByTime(600_000);
  }
  expect([open, click, fetched].map(spy => spy.mock.calls.length)).toEqual([0, 0, 0]);
  vi.unstubAllGlobals();
});

test('the link goes to the page without the code; the QR code, which has it, is folded away', () => {
  show();
  expect(find('a').getAttribute('href')).toBe('https://microsoft.com/devicelogin');
  expect(find('a').getAttribute('rel')).toBe('noopener noreferrer');
  expect(root().querySelector('details')?.open).toBe(false);
  expect(root().innerHTML).not.toContain('otc=');
});
