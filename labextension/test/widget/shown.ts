import { vi } from 'vitest';

import widget from '../../src/widget/index';
import { account, entry, kernel, profile, status } from '../panel/samples';
import { see, type Desk } from './desk';

export const NOW = 1_800_000_000;

export function usual(): Record<string, unknown> {
  const own = { ...kernel('k', NOW), notebook: 'projects/sales.ipynb', kernel_name: 'Python 3' };
  return {
    status: status(),
    profiles: [profile('graph', { title: 'Contoso' }), profile('lake'), profile('batch', { provider: 'client_credentials' })],
    accounts: [account('ada', 'graph', { home_account_id: 'a' }), account('bob', 'graph', { state: 'needs_sign_in' })],
    cache: [entry({ profile: 'graph', scopes: ['openid', 'User.Read'], expires_on: NOW + 3500, last_used: NOW - 130 })],
    interactions: [],
    kernels: [own]
  };
}

/** The panel as anywidget shows it, seen at once. */
export function shown(desk: Desk, el = document.createElement('div')): { el: HTMLElement; root: ShadowRoot; end: () => void } {
  document.body.replaceChildren(el);
  const made = widget();
  made.initialize({ model: desk.model });
  const end = made.render({ model: desk.model, el });
  see(true);
  return { el, root: (el.firstElementChild as Element).shadowRoot as ShadowRoot, end };
}

export async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(500);
}

export const text = (root: ShadowRoot): string => root.querySelector('.ja-widget')?.textContent ?? '';
export const button = (root: ShadowRoot, name: string): HTMLButtonElement =>
  Array.from(root.querySelectorAll('button')).find(
    made => (made.getAttribute('aria-label') ?? made.textContent) === name
  ) as HTMLButtonElement;
