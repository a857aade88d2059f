/** What anywidget gives for a widget: its traits, and messages that are no part of them. */
export interface WidgetModel {
  get(trait: string): unknown;
  send(content: unknown): void;
  on(event: 'msg:custom', heard: (content: unknown) => void): void;
  off(event: 'msg:custom', heard: (content: unknown) => void): void;
}

const DISCONNECTED = 'jupyter-widgets-disconnected';

/** Whether a kernel stands behind the view: Jupyter's widgets mark those that have lost theirs. */
export function isAlive(el: HTMLElement): boolean {
  return !el.classList.contains(DISCONNECTED);
}

/** Call `changed` when the view loses or finds its kernel; gives back what ends that. */
export function watchLife(el: HTMLElement, changed: () => void): () => void {
  let was = isAlive(el);
  const observer = new MutationObserver(() => {
    const is = isAlive(el);
    if (is !== was) {
      was = is;
      changed();
    }
  });
  observer.observe(el, { attributes: true, attributeFilter: ['class'] });
  return () => observer.disconnect();
}

/** Call `changed` when the view can be seen, or cannot any more; gives back what ends that. */
export function watchSight(el: HTMLElement, changed: (isSeen: boolean) => void): () => void {
  let intersects = false;
  let was = false;
  const tell = (): void => {
    const is = intersects && !document.hidden;
    if (is !== was) {
      was = is;
      changed(is);
    }
  };
  const observer = new IntersectionObserver(entries => {
    intersects = entries[entries.length - 1]?.isIntersecting ?? false;
    tell();
  });
  observer.observe(el);
  document.addEventListener('visibilitychange', tell);
  return () => {
    observer.disconnect();
    document.removeEventListener('visibilitychange', tell);
  };
}

/** A closed-off place in the page: no style of the host's or of a notebook's reaches in. */
export function place(el: HTMLElement, styles: string, ...content: Node[]): HTMLElement {
  const host = document.createElement('div');
  // A key pressed in it is meant for it, not a shortcut of the notebook around.
  host.setAttribute('data-lm-suppress-shortcuts', 'true');
  const root = host.attachShadow({ mode: 'open' });
  const style = document.createElement('style');
  style.textContent = styles;
  root.append(style, ...content);
  el.append(host);
  // Hosts without JupyterLab's variables, such as VS Code, get theirs from their own, or from the browser.
  host.toggleAttribute('data-bare', !getComputedStyle(el).getPropertyValue('--jp-layout-color1').trim());
  return host;
}
