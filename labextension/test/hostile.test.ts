// S29 in the page: what a provider, a kernel or a file name says is text, in the card, in what a notebook keeps, in the
// sidebar and in the widget. tests/security/test_s29_values.py plays the same table in Python.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { InteractionModel } from '../src/interaction';
import { Client } from '../src/model/client';
import { Store } from '../src/model/store';
import { WaitingList } from '../src/model/waiting';
import { Actions } from '../src/panel/actions';
import type { Context } from '../src/panel/context';
import { ProfileBlock } from '../src/panel/profiles';
import { Controller } from '../src/renderer/controller';
import { card, find, root, show, text } from './card-at-hand';
import { account, entry, kernel, profile, say, status } from './panel/samples';
import { HOSTILE } from './samples';
import { Desk, standIn } from './widget/desk';
import { settle, shown } from './widget/shown';

const NAMED = HOSTILE.map(value => [value.slice(0, 40), value] as const);
const MARKUP = 'img, script, svg[onload], form, iframe, object, embed, base, meta, link, [onerror], [onclick], [onmouseover]';
const ACTIVE = `${MARKUP}, [data-commandlinker-command], a[href^="javascript"], a[href*="evil"], [name]`;
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{DI}\u2800]/u;

/** Nothing in it is an element or an attribute of the value's making, and every sign of it can be seen. */
function harmless(where: ParentNode, words: string | null): void {
  expect(Array.from(where.querySelectorAll(ACTIVE), found => found.outerHTML)).toEqual([]);
  expect((words ?? '').replace(/\n/g, '')).not.toMatch(UNSEEN);
  expect(words ?? '').not.toMatch(/(?:\p{Mn}|\p{Me}){5}/u);
  expect(Math.max(0, ...(words ?? '').split(/\s/).map(word => word.length))).toBeLessThan(800);
}

describe.each(NAMED)('S29: %j', (_, value) => {
  test('is text in the card, whatever it is called', () => {
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
    harmless(root(), text());
    const ids = Array.from(root().querySelectorAll('[id]'), found => found.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(find('.card').getAttribute('aria-labelledby')).toBe('title');
    show({ state: 'failed', reason: value, message: value, hint: value, issuer: value });
    harmless(root(), text());
    show({ state: 'succeeded', username: value, profile: value });
    harmless(root(), text());
  });

  test('is text where a notebook has kept it', async () => {
    const store = new Store(new Client(() => Promise.resolve({ status: 404, body: {} })));
    const controller = new Controller(card, store);
    for (const state of [value, 'succeeded', 'failed']) {
      const names = { profile: value, username: value, reason: value, message: value, hint: value, host: value };
      controller.show({ id: value, state, ...names, flow: value, user_code: 'D7KX-92QP', verification_uri: value });
      await vi.advanceTimersByTimeAsync(300);
      harmless(root(), text());
      expect(text()).not.toContain('D7KX');
    }
    controller.dispose();
    store.dispose();
  });
});

describe('S29 in the panels', () => {
  beforeEach(() => standIn());
  afterEach(() => document.body.replaceChildren());

  test.each(NAMED)('%j is text in the widget', async (_, value) => {
    const desk = new Desk();
    const own = { ...kernel(value, 1, [value]), notebook: value, kernel_name: value };
    desk.answers = {
      status: status({ location: value, notes: [value] }),
      profiles: [profile(value, { title: value, issuer: value, faults: [{ file: value, key: value, message: value }], scopes: [value] })],
      accounts: [account(value, value, { name: value, home_account_id: value })],
      cache: [entry({ profile: value, username: value, home_account_id: value, scopes: [value] })],
      interactions: [],
      kernels: [own]
    };
    const { root: panel } = shown(desk);
    await settle();
    harmless(panel, panel.querySelector('.ja-widget')?.textContent ?? null);
  });

  test.each(NAMED)('%j is text in the sidebar', (_, value) => {
    const store = new Store(new Client(() => Promise.resolve({ status: 200, body: [] })));
    const actions = new Actions(store, new WaitingList());
    const block = new ProfileBlock({ store, actions, say, menu: () => undefined } as unknown as Context);
    document.body.append(block.node);
    block.update({
      profile: profile(value, { title: value, issuer: value, faults: [{ file: value, key: value, message: value }] }),
      accounts: [account(value, value, { name: value, home_account_id: value })]
    });
    harmless(block.node, block.node.textContent);
    store.dispose();
  });

  test('a name that shows nothing counts as none', () => {
    show({ title: '\u3164\u2800\ufe0f\u200b' });
    expect(text()).toContain('name not verified');
  });

  test('what is missing ends in no exception', () => {
    card.interaction = { id: 'x', state: 'pending' } as unknown as InteractionModel;
    card.interaction = { id: 'x', state: 'failed' } as unknown as InteractionModel;
    expect(text()).toContain('Sign-in failed');
  });
});

test('a code of 120 characters fits', () => {
  show({ user_code: 'W'.repeat(120) });
  expect(find('.code > code').textContent).toHaveLength(120);
  expect(find('.code').classList.contains('long')).toBe(true);
});
