"""Metrics: over every broker of the process, never going back, and naming nobody."""

from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from jupyter_auth.broker.broker import Broker
from jupyter_auth.broker.config.configuration import ConfigurationFiles
from jupyter_auth.cache.memory import MemoryStore
from jupyter_auth.server.metrics import BrokerMetrics


class Bench:
    """Metrics with a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.metrics = BrokerMetrics()

    def add(self, folder: Path) -> Broker:
        broker = Broker(ConfigurationFiles([folder / "none.toml"]), MemoryStore)
        self.metrics.add(broker, self.registry)
        return broker

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"jupyter_auth_{name}", labels)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_brokers_of_one_process_are_summed(bench: Bench, tmp_path: Path) -> None:
    one, two = bench.add(tmp_path), bench.add(tmp_path)
    one.statistics.memory_hits, two.statistics.memory_hits = 3, 4
    two.statistics.refreshed("expired")
    assert bench.value("cache_hits_total", level="memory") == 7
    assert bench.value("cache_hits_total", level="kernel") == 0
    assert bench.value("refreshes_total", reason="expired") == 1
    assert bench.value("cache_evictions_total", level="memory", cause="size") == 0


async def test_what_an_ended_broker_has_counted_stays(bench: Bench, tmp_path: Path) -> None:
    one = bench.add(tmp_path)
    await one.start()
    one.statistics.misses = 5
    one.statistics.asked(0.25)
    await one.close()
    bench.metrics.remove(one)
    bench.metrics.remove(one)
    bench.add(tmp_path).statistics.misses = 1
    assert bench.value("cache_misses_total") == 6
    assert (bench.value("provider_requests_total"), bench.value("provider_seconds_total")) == (1, 0.25)


def test_it_is_what_prometheus_reads_and_names_nobody(bench: Bench, tmp_path: Path) -> None:
    broker = bench.add(tmp_path)
    broker.statistics.failed('no"}\nevil{user="ada@contoso.com')
    broker.statistics.denied("issuer_not_allowed")
    broker.statistics.prompt_ended("declined")
    broker.statistics.decided("hits", 3)
    text = generate_latest(bench.registry).decode()
    families = {found.name: found for found in text_string_to_metric_families(text)}
    assert all(name.startswith("jupyter_auth_") for name in families) and len(families) == 15
    labels: set[Any] = {
        name for found in families.values() for sample in found.samples for name in sample.labels
    }
    assert labels == {"level", "cause", "reason", "decision", "state"}
    assert bench.value("denials_total", reason="issuer_not_allowed") == 1
    assert bench.value("prompts_ended_total", state="declined") == 1
    assert bench.value("decisions_total", decision="hits") == 3
    assert "ada" not in text and bench.value("failures_total", reason="other") == 1
