import { isAtHub, pendingOf } from '../model/select';
import type { State } from '../model/state';
import { clean } from '../model/text';
import type { Context } from './context';
import { button } from './controls';
import { h, sentence, setText } from './dom';
import { icon } from '../interaction/icons';

const FILE = 'jupyter_auth.toml';
const EXAMPLE = `[profiles.lake]
provider  = "oidc"
issuer    = "https://idp.example.org"
client_id = "notebooks"
scopes    = ["openid", "offline_access"]
`;

/** What stands where there is nothing to list yet. */
export class Empty {
  readonly node = h('div', 'ja-empty-place');
  private shape = '';

  constructor(private readonly context: Context) {}

  update(state: State): void {
    const kind = emptyOf(state);
    const first = state.data.profiles.find(profile => !profile.faults.length);
    const profile = clean(state.data.status?.configuration.default_profile ?? first?.name ?? '');
    const faults = state.data.status?.configuration.faults ?? [];
    const shape = JSON.stringify([kind, profile, faults]);
    if (shape !== this.shape) {
      this.shape = shape;
      this.node.replaceChildren(...this.contents(kind, profile, faults));
    }
  }

  private contents(kind: EmptyKind, profile: string, faults: readonly string[]): HTMLElement[] {
    const { say } = this.context;
    switch (kind) {
      case 'none':
        return [];
      case 'reading':
        return [h('p', 'ja-none ja-soft', {}, say('side.reading'))];
      case 'no-profile':
        return [faults.length ? this.faulty(faults) : this.noProfile()];
      case 'nobody': {
        const title = h('p', 'ja-title', {}, say('empty.nobody.title'));
        const command = h('code', 'ja-block', { translate: 'no' }, `%get_token ${profile}`.trim());
        return [h('div', 'ja-empty', {}, title, h('p', '', {}, say('empty.nobody.text')), command)];
      }
    }
  }

  /** There is a configuration, of which nothing can be used. */
  private faulty(faults: readonly string[]): HTMLElement {
    const all = h('ul', 'ja-list');
    all.append(...faults.slice(0, 20).map(fault => h('li', 'ja-fault', {}, clean(fault, 400))));
    const made = h('div', 'ja-empty', {}, h('p', 'ja-title', {}, this.context.say('empty.faults.title')), all);
    made.prepend(icon('alert', 'ja-is-bad'));
    return made;
  }

  private noProfile(): HTMLElement {
    const { say, pieces } = this.context;
    const text = h('p');
    text.append(
      ...pieces('empty.noProfile.text', { file: FILE }).map(piece =>
        typeof piece === 'string' ? piece : h('code', '', {}, piece.value)
      )
    );
    const told = h('p', '', { role: 'status' });
    const copy = button(
      say('empty.noProfile.example'),
      () =>
        void navigator.clipboard.writeText(EXAMPLE).then(
          () => setText(told, say('side.copied')),
          () => told.replaceChildren(sentence([say('side.copyRefused')]), h('code', 'ja-block', {}, EXAMPLE))
        ),
      { icon: 'copy' }
    );
    const title = h('p', 'ja-title', {}, say('empty.noProfile.title'));
    const made = h('div', 'ja-empty', {}, title, text, h('div', 'ja-actions', {}, copy), told);
    made.prepend(icon('key', 'ja-is-soft'));
    return made;
  }
}

type EmptyKind = 'none' | 'reading' | 'no-profile' | 'nobody';

function emptyOf({ connection, known, data, problem }: State): EmptyKind {
  if (connection === 'login-ended' || (problem && !known.has('profiles'))) {
    return 'none';
  }
  if (!known.has('profiles') || !known.has('accounts')) {
    return connection === 'connecting' ? 'reading' : 'none';
  }
  if (!data.profiles.length) {
    return 'no-profile';
  }
  if (pendingOf(data.interactions).length) {
    return 'none'; // the card below is the next step
  }
  if (data.profiles.some(profile => !profile.faults.length && isAtHub(profile))) {
    return 'none'; // who is at a Hub is signed in there
  }
  const isSaved = !data.status?.store.notes.length; // else the banner has more to say
  return data.accounts.length || !isSaved || !data.profiles.some(profile => !profile.faults.length) ? 'none' : 'nobody';
}
