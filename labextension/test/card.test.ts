import { beforeEach, describe, expect, test, vi } from 'vitest';
import { card, find, part, root, said, show, text, told } from './card-at-hand';
import { NOW } from './samples';

describe('waiting', () => {
  test('the controls come in the order of the work', () => {
    show();
    const order = [...root().querySelectorAll<HTMLElement>('button, a, summary')].map(e => e.dataset['part']);
    expect(order).toEqual(['copy', 'link', 'qr', 'cancel']);
    expect(part('link').getAttribute('href')).toBe('https://microsoft.com/devicelogin');
    expect(part('link').getAttribute('rel')).toBe('noopener noreferrer');
    expect(find('.code > code').textContent).toBe('D7KX-92QP');
    expect(text()).toContain('Code, spelled out: D 7 K X – 9 2 Q P');
    expect(find('svg[role=img]')).toBeNull();
  });
  test('changes happen in place', () => {
    show();
    const [copy, link, section] = [part('copy'), part('link'), find('section')];
    show({ slow: true, requested_by: { waiting: 2 } });
    expect([part('copy'), part('link'), find('section')]).toEqual([copy, link, section]);
    expect(text()).toContain('and 1 more notebook waits');
    expect(find('.tip').hidden).toBe(false);
  });
  test('the countdown goes by itself, and rests while the page is hidden', () => {
    show();
    expect(text()).toContain('Code expires in 15 min');
    vi.advanceTimersByTime(70_000);
    expect(text()).toContain('Code expires in 14 min');
    vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
    document.dispatchEvent(new Event('visibilitychange'));
    vi.advanceTimersByTime(11_000);
    expect(vi.getTimerCount()).toBe(0);
    vi.restoreAllMocks();
    vi.setSystemTime((NOW + 700) * 1000);
    document.dispatchEvent(new Event('visibilitychange'));
    expect(text()).toContain('Code expires in 3 min 20 s');
    expect(find('.countdown').hasAttribute('data-low')).toBe(true);
    vi.advanceTimersByTime(1100);
    expect(text()).toContain('3 min 19 s');
  });
  test('at the end of the time it has expired, and another code comes in place', () => {
    show();
    vi.advanceTimersByTime(906_000);
    expect(text()).toContain('The code expired');
    expect(text()).not.toContain('D7KX');
    part('renew').focus();
    part('renew').click();
    expect(told).toEqual([['ja-retry', 'int-1']]);
    const now = NOW + 910;
    show({ id: 'int-2', user_code: 'NEW', created_on: now, expires_on: now + 900 });
    expect(find('.code > code').textContent).toBe('NEW');
    expect(said()).toBe('There is a new code');
    expect(root().activeElement).toBe(part('copy'));
  });
  test('without the server it says so, keeps the code and is told aloud', () => {
    show();
    const code = find('.code');
    card.lost = true;
    expect(text()).toContain('Connection lost');
    expect(find('.tip').hidden).toBe(false);
    expect(find('.tip').textContent).toContain('The Jupyter server does not answer.');
    expect(find('.code')).toBe(code);
    expect(said()).toBe('Connection lost');
    vi.advanceTimersByTime(906_000);
    expect(text()).toContain('The Jupyter server cannot be reached');
    expect(text()).not.toContain('expired');
    card.lost = false;
    expect(text()).toContain('The code expired');
    show({ expires_on: NOW + 2000 });
    expect(text()).toContain('Waiting for you');
    expect(find('.tip').hidden).toBe(true);
  });
  test('a card that left the page counts no more', () => {
    const before = vi.getTimerCount();
    show();
    card.remove();
    expect(vi.getTimerCount()).toBe(before);
  });
});

describe('what a person does', () => {
  test('cancel, open', () => {
    show();
    part('cancel').click();
    part('link').addEventListener('click', event => event.preventDefault());
    part('link').click();
    expect(told).toEqual([
      ['ja-cancel', 'int-1'],
      ['ja-opened', 'int-1']
    ]);
    vi.advanceTimersByTime(71_000);
    expect(text()).toContain('Finished on the page?');
  });
  test('copy', async () => {
    const writeText = vi.fn(() => Promise.resolve());
    vi.stubGlobal('navigator', { clipboard: { writeText } });
    show();
    part('copy').click();
    await vi.advanceTimersByTimeAsync(100);
    expect(writeText).toHaveBeenCalledWith('D7KX-92QP');
    expect([part('copy').textContent, said(), told[0]]).toEqual(['Copied', 'Code copied', ['ja-copied', 'int-1']]);
    await vi.advanceTimersByTimeAsync(2000);
    expect(part('copy').textContent).toBe('Copy');
    vi.unstubAllGlobals();
  });
  test('where copying is refused, the code is selected and the card says so', async () => {
    show();
    const select = vi.spyOn(getSelection() as Selection, 'selectAllChildren');
    part('copy').click();
    await vi.advanceTimersByTimeAsync(60);
    expect(select).toHaveBeenCalledWith(find('.code > code'));
    expect(find('.code + p').hidden).toBe(false);
    expect(said()).toContain('did not allow copying');
    expect(told).toEqual([]);
  });
  test('a QR code is drawn when it is asked for', async () => {
    vi.useRealTimers();
    card.now = () => NOW * 1000;
    show();
    const details = find('details') as HTMLDetailsElement;
    details.open = true;
    details.dispatchEvent(new Event('toggle'));
    await vi.waitFor(() => expect(find('svg[role=img]')).not.toBeNull());
    expect(find('svg[role=img]').getAttribute('aria-label')).toBe('QR code for the sign-in page');
    expect(root().innerHTML).not.toContain('otc=');
  });
});

describe('in the browser', () => {
  const URI = 'https://login.microsoftonline.com/contoso.com/oauth2/v2.0/authorize?state=x';
  const browser = { flow: 'authorization_code', authorization_uri: URI, user_code: null } as const;
  const field = (): HTMLInputElement => part('paste') as HTMLInputElement;
  const send = (url: string): void => {
    field().value = url;
    find('form').dispatchEvent(new Event('submit', { cancelable: true }));
  };
  const details: unknown[] = [];
  const detail = (event: Event): void => void details.push((event as CustomEvent<unknown>).detail);

  beforeEach(() => {
    details.length = 0;
    card.addEventListener('ja-answer', detail);
    card.addEventListener('ja-switch', detail);
  });

  test('the link is the one step; the address can be pasted', () => {
    show(browser);
    expect(part('link').getAttribute('href')).toBe(URI);
    expect(text()).toContain('This card closes by itself');
    expect(text()).toContain('Request ends in 15 min');
    expect((find('details') as HTMLDetailsElement).open).toBe(false);
    expect(root().querySelector('[data-part=other]')).toBeNull();
  });
  test('where nothing comes back, the address is the second step, and is told once', () => {
    show({ ...browser, paste: true });
    expect(root().querySelectorAll('ol > li')).toHaveLength(2);
    expect(root().querySelector('details')).toBeNull();
    expect(part('link').classList.contains('primary')).toBe(false);
    send('  http://127.0.0.1/jupyter_auth/v1/callback?code=CODE  ');
    expect(details).toEqual([{ id: 'int-1', url: 'http://127.0.0.1/jupyter_auth/v1/callback?code=CODE' }]);
    expect(field().value).toBe('');
    expect(root().innerHTML).not.toContain('CODE');
    send('   ');
    expect(details).toHaveLength(1);
    expect(root().activeElement).toBe(field());
  });
  test('a wrong address is said, until another is sent', () => {
    show({ ...browser, paste: true });
    send('https://elsewhere.example/');
    card.refuseAddress();
    expect(said()).toContain('does not belong to this request');
    expect(find('#paste-wrong').hidden).toBe(false);
    expect(field().getAttribute('aria-invalid')).toBe('true');
    send('https://again.example/');
    expect(find('#paste-wrong').hidden).toBe(true);
  });
  test('another way can be chosen', () => {
    show({ ...browser, other_flows: ['device_code', 'authorization_code', 'implicit' as never] });
    expect(root().querySelectorAll('[data-part=other]')).toHaveLength(1);
    expect(part('other').textContent).toBe('Sign in with a code instead');
    part('other').click();
    expect(details).toEqual([{ id: 'int-1', flow: 'device_code' }]);
    show({ other_flows: ['authorization_code'] });
    expect(part('other').textContent).toBe('Sign in in this browser instead');
    show({ other_flows: 'x' as never });
    expect(root().querySelector('[data-part=other]')).toBeNull();
  });
  test('where nobody hears what is said here, nothing asks to be said', () => {
    card.stopHint = 'To stop, interrupt the cell.';
    show({ ...browser, paste: true, other_flows: ['device_code'] });
    expect(root().querySelectorAll('form, button')).toHaveLength(0);
    expect(text()).toContain('Copy the address you end up on and paste it here');
    expect(part('link').classList.contains('primary')).toBe(true);
    show(browser);
    expect(text()).toContain('This card closes by itself');
  });
  test('a code that is switched off is explained', () => {
    show({ ...browser, flow_reason: 'device_code_blocked' });
    expect(text()).toContain('Your administrator has switched off sign-in with a code. Sign in in this browser instead.');
    show({ ...browser, flow_reason: 'no_device_flow' });
    expect(text()).not.toContain('administrator');
    show({ state: 'failed', reason: 'device_code_blocked', message: 'AADSTS53003', hint: 'x' });
    expect(find('[role=alert]').textContent).toContain('Your administrator has switched off sign-in with a code.');
  });
});

describe('the end', () => {
  test('done and cancelled are one line', () => {
    show();
    show({ state: 'succeeded', username: 'ada' });
    expect(root().querySelectorAll('button, a, section')).toHaveLength(0);
    expect(said()).toBe('Signed in as ada · graph');
    show({ state: 'cancelled' });
    expect(said()).toBe('Sign-in cancelled. Run the cell again to sign in.');
  });
  test('the focus of a control that went is not lost; elsewhere it is left alone', () => {
    show();
    part('cancel').focus();
    show({ state: 'cancelled' });
    expect(root().activeElement).toBe(part('line'));
    const other = document.body.appendChild(document.createElement('input'));
    show();
    other.focus();
    show({ state: 'declined' });
    expect(document.activeElement).toBe(other);
  });
  test('declined: an alert with two ways on', () => {
    show({ state: 'declined' });
    expect(find('[role=alert]').textContent).toContain('Sign-in declined');
    part('retry').click();
    part('dismiss').click();
    expect(told.map(([type]) => type)).toEqual(['ja-retry', 'ja-dismiss']);
    card.settled = true;
    expect(root().querySelectorAll('button, section')).toHaveLength(0);
    expect(text()).toContain('Sign-in declined. It was declined at login.microsoftonline.com.');
  });
  test('nothing to show', () => {
    show();
    card.interaction = null;
    expect(text()).toBe('');
  });
});

test('another language', () => {
  show();
  card.strings = (key, values) => (values?.['time'] ? `${key} ${values['time']}` : key);
  expect(text()).toContain('card.waiting.expires time.minute');
  expect(find('.title').textContent).toBe('card.title.notebook');
});
