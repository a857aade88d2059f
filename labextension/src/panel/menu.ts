import { focusedNear, h } from './dom';
import { icon, type IconName } from '../interaction/icons';

export interface MenuItem {
  icon: IconName;
  text: string;
  act(): void;
}

/** Open a menu at `anchor`: arrows move, Enter acts, Escape closes and gives the focus back. */
export function openMenu(root: HTMLElement, anchor: HTMLElement, label: string, items: MenuItem[]): void {
  const menu = h('div', 'ja-menu', { role: 'menu', 'aria-label': label });
  const controller = new AbortController();
  const close = (giveBack: boolean): void => {
    if (controller.signal.aborted) {
      return; // taking the menu away moves the focus, which asks to close it
    }
    controller.abort();
    anchor.setAttribute('aria-expanded', 'false');
    menu.remove();
    if (giveBack && anchor.isConnected) {
      anchor.focus();
    }
  };
  for (const item of items) {
    const entry = h('div', '', { role: 'menuitem', tabindex: '-1' }, icon(item.icon), h('span', '', {}, item.text));
    entry.addEventListener('click', () => {
      close(true);
      item.act();
    });
    menu.append(entry);
  }
  menu.addEventListener('keydown', event => pressed(event, menu, close));
  menu.addEventListener('focusout', event => {
    if (!menu.contains(event.relatedTarget as Node | null)) {
      close(false);
    }
  });
  const outside = (event: Event): void => {
    if (!event.composedPath().includes(menu)) {
      close(false);
    }
  };
  document.addEventListener('pointerdown', outside, { signal: controller.signal, capture: true });
  anchor.setAttribute('aria-expanded', 'true');
  root.append(menu);
  place(menu, root, anchor);
  (menu.firstElementChild as HTMLElement).focus();
}

function pressed(event: KeyboardEvent, menu: HTMLElement, close: (giveBack: boolean) => void): void {
  const entries = Array.from(menu.children) as HTMLElement[];
  const at = entries.indexOf(focusedNear(menu) as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1 + entries.length, Home: 0, End: -1 + entries.length }[event.key];
  if (to !== undefined) {
    entries[to % entries.length]?.focus();
  } else if (event.key === 'Enter' || event.key === ' ') {
    entries[at]?.click();
  } else if (event.key === 'Escape') {
    close(true);
  } else if (event.key === 'Tab') {
    close(true);
    return;
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

/** Below the anchor, at its end; above it where there is no room. */
function place(menu: HTMLElement, root: HTMLElement, anchor: HTMLElement): void {
  const frame = root.getBoundingClientRect();
  const at = anchor.getBoundingClientRect();
  const below = at.bottom - frame.top;
  const fits = below + menu.offsetHeight <= frame.height;
  menu.style.insetBlockStart = `${fits ? below : Math.max(0, at.top - frame.top - menu.offsetHeight)}px`;
  const isRtl = getComputedStyle(root).direction === 'rtl';
  const toEnd = isRtl ? at.left - frame.left : frame.right - at.right;
  menu.style.insetInlineEnd = `${Math.max(0, toEnd)}px`;
}
