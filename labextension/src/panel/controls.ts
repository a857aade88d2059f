import { h, setAttribute, type Child } from './dom';
import { icon, type IconName } from '../interaction/icons';

/** Marks a control that asks the server: it does nothing while the connection is lost, and says so. */
export const NEEDS_SERVER = 'ja-needs-server';

export interface ButtonOptions {
  classes?: string;
  icon?: IconName;
  /** What it does, where its own words do not say it. */
  label?: string;
  needsServer?: boolean;
}

export function button(content: Child, act: (event: MouseEvent) => void, options: ButtonOptions = {}): HTMLButtonElement {
  const classes = ['ja-btn', options.classes ?? '', options.needsServer ? NEEDS_SERVER : ''];
  const made = h('button', classes.filter(Boolean).join(' '), { type: 'button' });
  if (options.icon) {
    made.append(icon(options.icon));
  }
  if (content !== null) {
    made.append(h('span', '', {}, content));
  }
  if (options.label !== undefined) {
    labelled(made, options.label);
  }
  made.addEventListener('click', event => {
    if (made.getAttribute('aria-disabled') !== 'true') {
      act(event);
    }
  });
  return made;
}

/** A button of 24 px that shows nothing but its icon. */
export function iconButton(
  shape: IconName,
  label: string,
  act: () => void,
  needsServer = false
): HTMLButtonElement {
  return button(null, act, { classes: 'ja-btn-quiet ja-btn-icon', icon: shape, label, needsServer });
}

export function labelled(element: Element, label: string): void {
  setAttribute(element, 'aria-label', label);
  setAttribute(element, 'title', label);
}

/** It stays focusable, so that it can say why it does nothing. */
export function setDisabled(element: Element, why: string | null): void {
  setAttribute(element, 'aria-disabled', why === null ? null : 'true');
  setAttribute(element, 'aria-description', why);
}
