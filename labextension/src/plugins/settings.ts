import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Signal } from '@lumino/signaling';

/** The person's settings, with their defaults where none can be read. */
export class Settings {
  readonly changed = new Signal<this, void>(this);
  private registered: ISettingRegistry.ISettings | null = null;
  private saved = '';

  get notifications(): boolean {
    return this.registered?.composite['notifications'] !== false;
  }

  get statusItem(): boolean {
    return this.registered?.composite['statusItem'] !== false;
  }

  get folded(): string[] {
    const value = this.registered?.composite['folded'];
    return Array.isArray(value) ? value.filter(id => typeof id === 'string') : [];
  }

  use(registered: ISettingRegistry.ISettings): void {
    this.registered = registered;
    this.saved = JSON.stringify(this.folded);
    registered.changed.connect(() => this.changed.emit());
    this.changed.emit();
  }

  /** Keep which sections are folded; nothing is written where that is known already. */
  async saveFolded(sections: string[]): Promise<void> {
    const next = JSON.stringify(sections);
    if (this.registered && next !== this.saved) {
      this.saved = next;
      await this.registered.set('folded', sections);
    }
  }
}
