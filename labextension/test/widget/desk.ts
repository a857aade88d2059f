import { vi } from 'vitest';

import type { WidgetModel } from '../../src/widget/host';

type Heard = (content: unknown) => void;
interface Said {
  kind: string;
  id?: string;
  method?: string;
  path?: string;
  body?: object;
  view?: string;
  looks?: boolean;
}

/** A kernel that answers as a test wants it to, and the model that leads to it. */
export class Desk {
  readonly said: Said[] = [];
  private readonly heard = new Map<string, Set<Heard>>();
  answers: Record<string, unknown> = {};
  isBusy = false;

  constructor(private readonly kind = 'panel') {}

  readonly model: WidgetModel = {
    get: trait => (trait === 'kind' ? this.kind : undefined),
    send: content => this.take(content as Said),
    on: (event, heard) => void this.of(event).add(heard),
    off: (event, heard) => void this.of(event).delete(heard)
  };

  /** The kernel says something to every page. */
  tell(content: unknown): void {
    this.of('msg:custom').forEach(heard => heard(content));
  }

  /** The kernel has gone. */
  end(): void {
    this.of('comm_live_update').forEach(heard => heard(undefined));
  }

  asked(method: string): string[] {
    return this.said.filter(one => one.kind === 'ask' && one.method === method).map(one => one.path as string);
  }

  private take(content: Said): void {
    this.said.push(content);
    if (content.kind === 'ask' && !this.isBusy) {
      const body = this.answers[`${content.method} ${content.path}`] ?? this.answers[content.path as string] ?? [];
      queueMicrotask(() => this.tell({ kind: 'answer', to: content.id, status: 200, body }));
    }
  }

  private of(event: string): Set<Heard> {
    const known = this.heard.get(event) ?? new Set();
    this.heard.set(event, known);
    return known;
  }
}

type See = (entries: { isIntersecting: boolean }[]) => void;
const observers = new Set<See>();

/** jsdom lays nothing out: a test says what can be seen. */
export function standIn(): void {
  observers.clear();
  Element.prototype.scrollIntoView = () => undefined;
  vi.stubGlobal(
    'IntersectionObserver',
    class {
      constructor(private readonly see: See) {
        observers.add(see);
      }
      observe(): void {}
      disconnect(): void {
        observers.delete(this.see);
      }
    }
  );
}

export function see(isIntersecting: boolean): void {
  observers.forEach(observer => observer([{ isIntersecting }]));
}
