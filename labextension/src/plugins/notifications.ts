import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';

import { Announcer, type News } from '../model/announce';
import { baseName, clean } from '../model/text';
import type { Interaction } from '../model/types';
import { COMMANDS, ISignIns } from './tokens';

const DONE = 5000; // ms for which "signed in" is to be seen

/** Tells of requests while the panel is closed: until answered where one waits, for 5 s when it is done. */
class Toasts {
  private readonly announcer = new Announcer();
  private readonly open = new Map<string, string>();

  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly shared: ISignIns
  ) {
    shared.store.watch(state => {
      if (state.connection === 'login-ended') {
        this.closeAll();
      }
      this.announcer.heed(state.data.interactions).forEach(news => this.tell(news));
      if (shared.panel.isVisible) {
        this.closeAll();
      }
    });
  }

  private tell({ kind, interaction }: News): void {
    this.close(interaction.id);
    if (this.shared.panel.isVisible || !this.shared.settings.notifications) {
      return;
    }
    if (kind === 'waiting') {
      this.waits(interaction);
    } else if (interaction.flow === 'consent') {
      return; // who has answered knows it, and there is nothing to do about the rest
    } else if (interaction.state === 'succeeded') {
      const username = clean(interaction.username ?? '');
      Notification.success(this.shared.say('toast.done', { username, profile: nameOf(interaction) }), {
        autoClose: DONE
      });
    } else if (interaction.state === 'failed' || interaction.state === 'declined') {
      this.failed(interaction);
    }
  }

  private waits(interaction: Interaction): void {
    const { say } = this.shared;
    const { notebook, kernel_id } = interaction.requested_by;
    const profile = nameOf(interaction);
    const who = notebook ? baseName(clean(notebook)) : say('toast.notebook');
    const asked = interaction.flow === 'consent' ? 'toast.asks' : 'toast.waiting';
    const text = notebook || kernel_id ? say(asked, { notebook: who, profile }) : say('toast.you', { profile });
    const show = (): void => {
      void this.app.commands.execute(COMMANDS.open, { request: interaction.id });
    };
    const id = Notification.info(text, {
      autoClose: false,
      actions: [
        { label: say('toast.show'), displayType: 'accent', callback: show },
        { label: say('toast.later'), callback: () => undefined }
      ]
    });
    this.open.set(interaction.id, id);
  }

  private failed(interaction: Interaction): void {
    const { say, panel } = this.shared;
    const reason = clean(interaction.message ?? '', 80);
    const again = (): void => {
      void this.app.commands.execute(COMMANDS.open);
      void panel.actions.retry(interaction);
    };
    const id = Notification.error(say('toast.failed', { profile: nameOf(interaction), reason }).trim(), {
      autoClose: false,
      actions: [
        { label: say('toast.retry'), callback: again },
        { label: say('toast.dismiss'), callback: () => undefined }
      ]
    });
    this.open.set(interaction.id, id);
  }

  private close(id: string): void {
    const shown = this.open.get(id);
    if (shown !== undefined) {
      this.open.delete(id);
      Notification.dismiss(shown);
    }
  }

  private closeAll(): void {
    Array.from(this.open.keys()).forEach(id => this.close(id));
  }
}

/** As the card calls it. */
function nameOf(interaction: Interaction): string {
  return clean(interaction.profile);
}

export const notifications: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-token-broker:notifications',
  description: 'Tells of sign-ins that wait while the panel is closed.',
  autoStart: true,
  requires: [ISignIns],
  activate: (app: JupyterFrontEnd, shared: ISignIns): void => {
    new Toasts(app, shared);
  }
};
