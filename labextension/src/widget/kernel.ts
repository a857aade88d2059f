import type { Reply, Send } from '../model/client';
import type { WidgetModel } from './host';

type Message = Record<string, unknown>;

/** What the kernel says by itself. */
export interface Heard {
  /** Something has changed at the broker. */
  changed(): void;
  /** It leaves a question unanswered, which it would answer at once if it could; or it does so no more. */
  silent(isSilent: boolean): void;
}

const SILENT_AFTER = 4000; // ms

/**
 * The line to the kernel: questions in the form of REST requests, by custom messages. An answer reaches every
 * page that is connected to the kernel, and each takes those to its own questions.
 */
export class KernelLine {
  private readonly view = crypto.getRandomValues(new Uint32Array(3)).join('-');
  private readonly asked = new Map<string, { resolve(reply: Reply): void; reject(why: Error): void }>();
  private count = 0;
  private looks = false;

  constructor(
    private readonly model: WidgetModel,
    private readonly heard: Heard
  ) {
    model.on('msg:custom', this.hear);
  }

  /** Ask; the answer may take as long as the kernel is busy. */
  readonly send: Send = (method, path, body) =>
    new Promise((resolve, reject) => {
      const id = `${this.view}/${(this.count += 1)}`;
      this.asked.set(id, { resolve, reject });
      setTimeout(() => this.asked.has(id) && this.late(method), SILENT_AFTER);
      this.model.send({ kind: 'ask', id, method, path, body: body ?? {} });
    });

  /** Tell whether somebody looks: only then does the kernel watch for changes. */
  look(looks: boolean): void {
    this.looks = looks;
    this.model.send({ kind: 'look', view: this.view, looks });
  }

  /** The kernel has gone: nothing more will come. */
  lose(): void {
    const all = Array.from(this.asked.values());
    this.asked.clear();
    all.forEach(({ reject }) => reject(new Error('the kernel has ended')));
  }

  dispose(): void {
    if (this.looks) {
      this.look(false);
    }
    this.model.off('msg:custom', this.hear);
    this.lose();
  }

  /** A provider may take its time with what was asked for; whether the kernel hears at all, a look tells. */
  private late(method: string): void {
    if (method === 'GET') {
      this.heard.silent(true);
    } else {
      this.heard.changed();
    }
  }

  private readonly hear = (content: unknown): void => {
    const message = (typeof content === 'object' && content !== null ? content : {}) as Message;
    if (message['kind'] === 'answer') {
      const id = String(message['to']); // not "id": ipykernel keeps one that a kernel sends, for ever
      const own = this.asked.get(id);
      if (own) {
        this.asked.delete(id);
        this.heard.silent(false);
        own.resolve({ status: Number(message['status']), body: message['body'] });
      }
    } else if (message['kind'] === 'changed') {
      this.heard.changed();
    } else if (message['kind'] === 'who-looks' && this.looks) {
      this.look(true);
    }
  };
}
