"""What a page takes its time for: tasks that hold it up, and how soon a change is painted."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.browser.panel import entry, pending, profile, section

WATCH = """() => {
  window.long = [];
  new PerformanceObserver(list => window.long.push(...list.getEntries().map(entry => entry.duration)))
    .observe({entryTypes: ['longtask']});
}"""
#: scroll to the end by as many px a frame; the promise ends there
SCROLL = """step => new Promise(done => {
  const scroller = document.querySelector('.ja-scroll');
  const next = () => {
    const before = scroller.scrollTop;
    scroller.scrollBy(0, step);
    scroller.scrollTop > before ? requestAnimationFrame(next) : setTimeout(done, 200);
  };
  requestAnimationFrame(next);
})"""
#: what the page is told and what it has painted, with the time in ms; the count stands at "Waiting for you"
LISTEN = """() => {
  window.heard = [];
  window.painted = [];
  const now = () => performance.timeOrigin + performance.now();
  const count = document.querySelector('.ja-sec .ja-count');
  let shown = count.textContent;
  window.jupyterapp.serviceManager.events.stream.connect((_, event) => {
    if (event.schema_id.includes('/jupyter_auth/interactions/')) { window.heard.push(now()); }
  });
  new MutationObserver(() => {
    if (count.textContent === shown) { return; }
    shown = count.textContent;
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();  // its message is handled after the frame is painted
      port1.onmessage = () => window.painted.push(now());
      port2.postMessage(0);
    });
  }).observe(count, {subtree: true, childList: true, characterData: true});
}"""


def large() -> dict[str, list[dict[str, object]]]:
    """The answers of a server with 50 profiles and 500 tokens."""
    return {
        "profiles": [profile(f"p{n:02}") for n in range(50)],
        "cache": [entry("lake", "ada", f"scope.{n} more", 600 + n) for n in range(500)],
    }


def scroll(page: Page, step: int = 250) -> None:
    """Scroll the panel to its end, by ``step`` px a frame."""
    page.evaluate(SCROLL, step)


def long_tasks_of_scrolling(page: Page, step: int = 250) -> list[float]:
    """The tasks over 50 ms, in ms, while the panel is scrolled from its head to its end."""
    page.evaluate("document.querySelector('.ja-scroll').scrollTo(0, 0)")
    page.wait_for_timeout(300)
    page.evaluate("window.long.length = 0")
    scroll(page, step)
    return [float(task) for task in page.evaluate("window.long")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change at the server, with the time in ms at which the page heard of it and had painted it."""

    heard: float
    painted: float


def changes(panel: Locator, server: JupyterProcess, count: int) -> list[Change]:
    """Requests that begin and are cancelled at the server, half and half, and how the panel shows each."""
    page = panel.page
    page.evaluate(LISTEN)
    badge = section(panel, "Waiting for you").locator(".ja-count")
    for number in range(count):
        if number % 2:
            server.delete(f"jupyter_auth/v1/interactions/{pending(server)[0]['id']}").raise_for_status()
        else:
            server.post("jupyter_auth/v1/interactions", {"profile": "lake"}).raise_for_status()
        expect(badge).to_have_text("0" if number % 2 else "1")
        page.wait_for_function("count => window.painted.length >= count", arg=number + 1)
        page.wait_for_timeout(250)  # the panel reads at most every 200 ms
    heard, painted = page.evaluate("[window.heard, window.painted]")
    return [
        Change(heard=max(at for at in heard if at <= shown), painted=shown) for shown in map(float, painted)
    ]
