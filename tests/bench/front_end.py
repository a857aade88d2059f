"""Measure the front end: ``python -m tests.bench.front_end`` prints a table and writes JSON beside this file.

It measures and judges nothing; the tests hold what must be so. The figures stand in docs/performance.md.
"""

import gzip
import json
import os
import platform
import statistics
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

import jupyter_auth
from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.bench.figures import Figure
from tests.browser import timing
from tests.browser.lab import LAB, chromium
from tests.browser.panel import Answers, forget, open_lab, open_panel, section, usual
from tests.idp import OidcProvider
from tests.support import Place, place

RESULTS = Path(__file__).with_name("front_end.json")
STATIC = Path(jupyter_auth.__file__).parent / "labextension" / "static"
EVENTS, LOADS, SCROLLS, IDLE = 100, 12, 5, 60
NAME = "jupyter-token-broker"
VIEW = {"width": 1200, "height": 900}

Row = dict[str, Any]


def main() -> None:
    """Measure and print."""
    print_table(measured())


def run() -> list[Figure]:
    """The same as the other benchmarks give it: what docs/performance.md has a table of its own for."""
    found = measured()
    changes, start = found["changes"], found["start"]
    return [
        Figure(
            name="an event of the server to the painted change",
            value=changes["median"],
            unit="ms",
            spread=(changes["least"], changes["most"]),
        ),
        Figure(name="JupyterLab's start takes more with the extension", value=start["difference"], unit="ms"),
        Figure(name="requests in an idle minute", value=max(found["idle"].values()), unit="", limit=0),
        Figure(name="bundle, packed", value=found["bundle"]["all"] / 1000, unit="kB", limit=60),
        Figure(
            name="scrolling 50 profiles and 500 tokens, longest task",
            value=found["scrolling"]["longest_by_the_processor"],
            unit="ms",
        ),
    ]


def measured() -> Row:
    """All figures, over one server; written beside this file too."""
    with (
        OidcProvider() as provider,
        place(provider.issuer) as home,
        home.server(LAB.option, module=LAB.module) as lab,
        chromium() as browser,
    ):
        results: Row = {"conditions": conditions(browser), "bundle": bundle()}
        results["start"] = starts(browser, lab, home)
        context = browser.new_context(viewport=VIEW)  # type: ignore[arg-type]
        results["changes"] = changes(context.new_page(), lab)
        results["idle"] = idle(context.new_page(), lab)
        results["scrolling"] = scrolling(browser, context.new_page(), lab)
        results["conditions"]["load_at_the_end"] = round(os.getloadavg()[0], 1)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return results


def conditions(browser: Browser) -> Row:
    """On what all was measured."""
    return {
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "load_at_the_start": round(os.getloadavg()[0], 1),
        "chromium": browser.version,
        "python": platform.python_version(),
        "jupyterlab": version("jupyterlab"),
        "jupyter_auth": jupyter_auth.__version__,
    }


def bundle() -> Row:
    """Bytes of each script, packed as a server would."""
    sizes = {path.name.split(".")[0]: len(gzip.compress(path.read_bytes())) for path in STATIC.glob("*.js")}
    return sizes | {"all": sum(sizes.values())}


def starts(browser: Browser, lab: JupyterProcess, home: Place) -> Row:
    """JupyterLab's start in ms, from the address to `restored`, with and without the extension, by turns."""
    seen: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(2 * (LOADS + 1)):
        is_on = turn % 2 == 0
        switch(home, is_on)
        context = browser.new_context(viewport=VIEW)  # type: ignore[arg-type]
        took = start(context, lab, is_on)
        context.close()
        if turn >= 2:  # the first ones warm the server up
            seen[is_on].append(took)
    switch(home, True)
    medians = {is_on: statistics.median(times) for is_on, times in seen.items()}
    return {
        "with": summary(seen[True]),
        "without": summary(seen[False]),
        "difference": round(medians[True] - medians[False], 1),
    }


def switch(home: Place, is_on: bool) -> None:
    """Have JupyterLab load the extension, or not."""
    folder = home.config / "labconfig"
    folder.mkdir(exist_ok=True)
    config = {"disabledExtensions": {NAME: not is_on}}
    (folder / "page_config.json").write_text(json.dumps(config), encoding="utf-8")


def start(context: BrowserContext, lab: JupyterProcess, is_on: bool) -> float:
    """One start in a browser that has nothing kept."""
    page = context.new_page()
    page.goto(f"{lab.url}lab?reset&token={lab.token}")
    page.wait_for_function("window.jupyterapp !== undefined", timeout=60_000)
    took = page.evaluate("window.jupyterapp.restored.then(() => performance.now())")
    if page.evaluate("name => window.jupyterapp.hasPlugin(name)", f"{NAME}:plugin") != is_on:
        raise RuntimeError("the extension is not switched as it was to be")
    return float(took)


def changes(page: Page, lab: JupyterProcess) -> Row:
    """From an event's arrival in the page, over the REST answers, to the painted change; ms."""
    open_lab(page, lab)
    panel = open_panel(page)
    section(panel, "Accounts").get_by_text("Nobody signed in").wait_for()
    page.wait_for_timeout(2000)
    seen = timing.changes(panel, lab, EVENTS)
    forget(lab)
    page.close()
    return summary([change.painted - change.heard for change in seen])


def idle(page: Page, lab: JupyterProcess) -> Row:
    """Requests of ours in a minute in which nothing happens, with the panel open and with it closed."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_lab(page, lab)
    open_panel(page)
    page.wait_for_load_state("networkidle")
    found = {}
    for state in ("panel open", "panel closed"):
        asked.clear()
        page.wait_for_timeout(IDLE * 1000)
        found[state] = sum("jupyter_auth" in url for url in asked)
        page.evaluate("window.jupyterapp.shell.collapseLeft()")
    page.close()
    return found


def scrolling(browser: Browser, page: Page, lab: JupyterProcess) -> Row:
    """What scrolling a panel of 50 profiles and 500 tokens from end to end costs the page, in ms.

    Tasks by the clock count what other programs took meanwhile; by the processor, only what they did.
    """
    answers = Answers(page)
    answers.values = usual() | timing.large()
    open_lab(page, lab)
    panel = open_panel(page)
    section(panel, "Access tokens").get_by_text("500").first.wait_for()
    page.wait_for_timeout(2000)
    page.evaluate(timing.WATCH)
    browser.start_tracing(page=page, categories=["disabled-by-default-devtools.timeline"])
    long = [task for _ in range(SCROLLS) for task in timing.long_tasks_of_scrolling(page)]
    tasks = processor_times(json.loads(browser.stop_tracing())["traceEvents"])
    page.close()
    return {
        "runs": SCROLLS,
        "over_50_ms_by_the_clock": len(long),
        "longest_by_the_clock": max(long, default=0),
        "over_50_ms_by_the_processor": sum(task > 50 for task in tasks),
        "longest_by_the_processor": round(max(tasks), 1),
    }


def processor_times(events: list[Row]) -> list[float]:
    """Processor time in ms of each task in the main threads of the pages."""
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    return [
        event["tdur"] / 1000
        for event in events
        if event["name"] == "RunTask" and "tdur" in event and (event["pid"], event["tid"]) in mains
    ]


def summary(times: list[float]) -> Row:
    """Median, 95th percentile and extremes in ms."""
    hundredths = statistics.quantiles(times, n=100, method="inclusive")
    found = {
        "median": statistics.median(times),
        "p95": hundredths[94],
        "least": min(times),
        "most": max(times),
    }
    return {name: round(value, 1) for name, value in found.items()} | {"count": len(times)}


def print_table(results: Row) -> None:
    """What was found, one figure a line."""
    for name, values in results.items():
        print(f"\n{name}")
        for key, value in values.items():
            print(f"  {key:20} {value}")


if __name__ == "__main__":
    begun = time.monotonic()
    main()
    print(f"\ntook {time.monotonic() - begun:.0f} s")
