/** What anywidget gives for a widget: its traits, and messages that are no part of them. */
export interface WidgetModel {
  get(trait: string): unknown;
  send(content: unknown): void;
  on(event: 'msg:custom' | 'comm_live_update', heard: (content: unknown) => void): void;
  off(event: 'msg:custom' | 'comm_live_update', heard: (content: unknown) => void): void;
}

const DISCONNECTED = 'jupyter-widgets-disconnected';

/**
 * Whether a kernel stands behind a view. Jupyter's widgets mark one that is made without a kernel, and tell of
 * the loss of it later; one that is lost never comes back, since its successor knows nothing of this widget.
 */
export class Life {
  private isLost: boolean;

  constructor(
    private readonly model: WidgetModel,
    el: HTMLElement,
    private readonly lost: () => void
  ) {
    this.isLost = el.classList.contains(DISCONNECTED);
    model.on('comm_live_update', this.lose);
  }

  get isThere(): boolean {
    return !this.isLost;
  }

  dispose(): void {
    this.model.off('comm_live_update', this.lose);
  }

  private readonly lose = (): void => {
    if (!this.isLost) {
      this.isLost = true;
      this.lost();
    }
  };
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
  // Hosts without JupyterLab's variables, such as VS Code, get theirs from their own, or from the browser. The
  // page is asked, since a view is made before it stands in it.
  const theme = getComputedStyle(document.body).getPropertyValue('--jp-layout-color1');
  host.toggleAttribute('data-bare', !theme.trim());
  return host;
}
