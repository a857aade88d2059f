// Adds a Copy button and a live countdown to every card that has none yet. The card works without; it opens no
// page. One text serves all cards: what differs stands in their data attributes, and is written as text only.
(() => {
  'use strict';
  const SECONDS_UNDER = 300; // below, seconds are shown
  const LOW_SHARE = 0.25; // of the time
  const LEEWAY = 5; // seconds in which the kernel may still say how it ended
  const STALE = 3600; // seconds: nobody's clock is that wrong, so this card is an old one

  const put = (pattern, values) => pattern.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  function duration(seconds, words) {
    const whole = Math.max(0, Math.ceil(seconds));
    if (whole < SECONDS_UNDER) {
      const minutes = Math.floor(whole / 60);
      const rest = whole % 60;
      const parts = minutes ? [put(words.minute, { count: minutes })] : [];
      if (rest || !minutes) parts.push(put(words.second, { count: rest }));
      return parts.join(' ');
    }
    const total = Math.floor((whole + 30) / 60);
    const hours = Math.floor(total / 60);
    const minutes = total % 60;
    if (!hours) return put(words.minute, { count: minutes });
    return minutes ? put(words.hourMinute, { hours, minutes }) : put(words.hour, { count: hours });
  }

  function setText(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  // The seconds left. A clock behind the kernel's is corrected by what was left when the card was drawn.
  function countdown(data) {
    const byClock = () => Number(data.expires) - Date.now() / 1000;
    const behind = Math.max(0, byClock() - Number(data.left) - 1);
    return () => byClock() - behind;
  }

  function startClock(root, find, words, say) {
    const left = countdown(root.dataset);
    const total = Math.max(1, Number(root.dataset.expires) - Number(root.dataset.created));
    const home = root.parentNode;
    let before = left();
    if (before >= 86400 || (before <= 0 && before > -STALE)) return; // the words drawn by the kernel are better

    function tick() {
      if (root.parentNode !== home) return; // another card has taken its place
      const now = left();
      if (now <= -LEEWAY) {
        const line = document.createElement('p');
        line.className = 'ja-gone';
        line.textContent = words.expired;
        find('.ja-card').replaceWith(line);
        return;
      }
      setText(find('.ja-time'), put(words.time, { time: duration(now, words) }));
      find('.ja-countdown > span').style.inlineSize = `${Math.max(0, Math.min(100, (100 * now) / total))}%`;
      if (now < LOW_SHARE * total) {
        setText(find('.ja-now'), words.slow);
        find('.ja-tip')?.removeAttribute('hidden');
        find('.ja-countdown').dataset.low = '';
      }
      if ([300, 60].some(mark => now <= mark && before > mark)) say(put(words.soon, { time: duration(now, words) }));
      before = now;
      const wait = now > SECONDS_UNDER ? Math.min(10, now - SECONDS_UNDER) : now - Math.floor(now) || 1;
      setTimeout(tick, wait * 1000 + 20); // just past a whole second
    }
    tick();
  }

  function startCopy(find, words, say) {
    const button = find('.ja-copy');
    if (!button) return;
    const code = find('.ja-code code');
    const refused = find('.ja-refused');
    const label = button.querySelector('span');
    const own = label.textContent;
    const select = () => getSelection().selectAllChildren(code);
    code.setAttribute('aria-hidden', 'true'); // it is spelled out beside it
    button.hidden = false;

    function done() {
      refused.hidden = true;
      button.dataset.copied = '';
      label.textContent = words.copied;
      say(words.copiedAloud);
      setTimeout(() => {
        delete button.dataset.copied;
        label.textContent = own;
      }, 2000);
    }
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        done();
      } catch {
        select(); // over plain http there is no clipboard: the selection can still be copied
        if (document.execCommand('copy')) return done();
        refused.hidden = false;
        say(refused.textContent);
      }
    });
  }

  // When a newer drawing takes this card's place under the keyboard focus, the focus goes along.
  function keepFocus(root) {
    const home = root.parentNode;
    let part = null;
    root.addEventListener('focusin', event => (part = event.target.dataset.part || 'card'));
    root.addEventListener('focusout', () => setTimeout(() => root.isConnected && !root.contains(document.activeElement) && (part = null)));
    const watch = new MutationObserver(() => {
      if (root.parentNode === home) return;
      watch.disconnect();
      if (!part || (document.activeElement && document.activeElement !== document.body)) return;
      const choices = part === 'card' ? [] : [`[data-part=${part}]:not([hidden])`, '[data-part]:not([hidden])'];
      const next = [...choices, '[tabindex]'].map(choice => home.querySelector(choice)).find(Boolean);
      next?.focus({ preventScroll: true });
    });
    if (home) watch.observe(home, { childList: true });
  }

  for (const root of document.querySelectorAll('.ja-prompt[data-words]:not([data-live])')) {
    const find = selector => root.querySelector(selector);
    const say = text => setText(find('[role=status] .ja-said'), text);
    root.dataset.live = '';
    try {
      const words = JSON.parse(root.dataset.words);
      startCopy(find, words, say);
      keepFocus(root);
      startClock(root, find, words, say);
    } catch (error) {
      console.warn('The sign-in card stays as it was drawn:', error);
    }
  }
})();
