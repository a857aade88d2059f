// The same table as in tests/security/test_s30_addresses.py: what Python refuses the page refuses too.
import { describe, expect, test } from 'vitest';
import table from '../../tests/security/addresses.json';
import { hostOf, isSafeLink } from '../src/interaction/urls';
import { find, root, show, text } from './card-at-hand';

const ISSUER = 'https://idp.example.org/realms/science';
const LOCAL = 'http://127.0.0.1:8080/realms/dev';
const LONG = ['https://' + 'a'.repeat(1_000_000), 'https://example.org/' + 'x'.repeat(2030)];

describe('S30: addresses', () => {
  test.each(table.safe)('%j may be shown', url => {
    expect([isSafeLink(url, ISSUER), isSafeLink(url, LOCAL)]).toEqual([true, true]);
  });
  test.each([...table.unsafe, ...LONG].map(url => [url]))('%j may not, and has no host', url => {
    expect([isSafeLink(url, ISSUER), isSafeLink(url, LOCAL), hostOf(url)]).toEqual([false, false, '']);
  });
  test.each(table.loopback)('%j is for a loopback issuer', url => {
    expect([isSafeLink(url, LOCAL), isSafeLink(url, ISSUER), isSafeLink(url, '')]).toEqual([true, false, false]);
  });
  test.each(table.no_loopback)('%j is for no issuer', url => expect(isSafeLink(url, LOCAL)).toBe(false));
});

test('an address that is not safe is never in the page, and neither is its code', () => {
  for (const url of [...table.unsafe, ...table.no_loopback].filter(Boolean) as string[]) {
    show({ verification_uri: url });
    expect(root().querySelector('a')).toBeNull();
    expect(text()).toContain('not safe to open');
    expect(text()).not.toContain('D7KX');
    show({ verification_uri_complete: url });
    expect(root().querySelector('details')).toBeNull();
    show({ flow: 'authorization_code', authorization_uri: url });
    expect(root().querySelector('a')).toBeNull();
  }
  show();
  expect(find('a').getAttribute('href')).toBe('https://microsoft.com/devicelogin');
});
