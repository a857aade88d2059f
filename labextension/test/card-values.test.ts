import { describe, expect, test } from 'vitest';
import type { InteractionModel } from '../src/interaction';
import { card, find, root, show, text } from './card-at-hand';
import { HOSTILE, UNSAFE } from './samples';

describe('values from outside', () => {
  test('are text, whatever they hold', () => {
    for (const value of HOSTILE) {
      show({
        profile: value,
        title: value,
        tenant: value,
        scopes: [value],
        scope_titles: { [value]: value },
        username: value,
        user_code: value,
        requested_by: { notebook: value, kernel_name: value }
      });
      expect(root().querySelectorAll('img, script, [onerror], [data-commandlinker-command]')).toHaveLength(0);
      expect(root().querySelectorAll('[id=title]')).toHaveLength(1);
      expect(text()).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u0000\u001b\ue000]/u);
      show({ state: 'failed', reason: value, message: value, hint: value, issuer: value });
      expect(root().querySelectorAll('img, script, [onerror]')).toHaveLength(0);
    }
  });
  test('an address that is not safe is never in the page', () => {
    for (const url of UNSAFE) {
      show({ verification_uri: url });
      expect(root().querySelector('a')).toBeNull();
      expect(text()).toContain('not safe to open');
      show({ verification_uri_complete: url });
      expect(root().querySelector('details')).toBeNull();
      show({ flow: 'authorization_code', authorization_uri: url });
      expect(root().querySelector('a')).toBeNull();
    }
  });
  test('a code of 120 characters fits', () => {
    show({ user_code: 'W'.repeat(120) });
    expect(find('.code > code').textContent).toHaveLength(120);
    expect(find('.code').classList.contains('long')).toBe(true);
  });
  test('what is missing ends in no exception', () => {
    card.interaction = { id: 'x', state: 'pending' } as unknown as InteractionModel;
    card.interaction = { id: 'x', state: 'failed' } as unknown as InteractionModel;
    expect(text()).toContain('Sign-in failed');
  });
});
