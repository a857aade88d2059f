"""What the brokers of this process have counted, for Prometheus, at Jupyter's own ``/metrics``.

Labels are levels, causes and reasons from lists of ours: none names a person, a profile or a provider.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from jupyter_auth.broker.broker import Broker
from jupyter_auth.core.statistics import Statistics

_PREFIX = "jupyter_auth_"


class BrokerMetrics(Collector):
    """One a process: the sum over its brokers. What those that have ended had counted stays counted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._brokers: list[Broker] = []
        self._ended = Statistics()
        self._ended_evictions: Counter[str] = Counter()
        self._is_registered = False

    def add(self, broker: Broker, registry: CollectorRegistry = REGISTRY) -> None:
        """Count a broker in, from its beginning to ``remove``."""
        with self._lock:
            self._brokers.append(broker)
            if not self._is_registered:
                self._is_registered = True
                registry.register(self)

    def remove(self, broker: Broker) -> None:
        """The broker has ended."""
        with self._lock:
            if broker in self._brokers:
                self._brokers.remove(broker)
                self._ended.add(broker.statistics)
                self._ended_evictions.update(_evicted(broker))

    def describe(self) -> Iterable[Metric]:
        """The families, without samples: their names are known before anything is counted."""
        return _families(Statistics(), {}, 0, 0)

    def collect(self) -> Iterable[Metric]:
        """All families. Nothing is read from a store."""
        with self._lock:
            counted, evictions = Statistics(), Counter(self._ended_evictions)
            counted.add(self._ended)
            entries = size = 0
            for broker in self._brokers:
                counted.add(broker.statistics)
                evictions.update(_evicted(broker))
                if broker.cache is not None:
                    entries, size = entries + len(broker.cache.memory), size + broker.cache.memory.size
        return _families(counted, evictions, entries, size)


def _evicted(broker: Broker) -> Mapping[str, int]:
    """How many rows the broker's store has let go of by itself, by cause."""
    return broker.cache.store.describe().evicted if broker.cache is not None else {}


def _families(counted: Statistics, store_evictions: dict[str, int], entries: int, size: int) -> list[Metric]:
    told = counted.to_wire()
    evictions = {("memory", cause): count for cause, count in told["evictions"]["memory"].items()}
    evictions |= {("store", cause): count for cause, count in store_evictions.items()}
    failed, requests = told["failures"], told["provider"]["requests"]
    return [
        _counter("cache_hits", "Tokens that the cache had, by the level it was.", told["hits"], "level"),
        _counter("cache_misses", "Requests for which no level had a good token.", told["misses"]),
        _counter("cache_evictions", "What has gone from the cache by itself.", evictions, "level", "cause"),
        _counter("refreshes", "Tokens that providers gave without a person.", told["refreshes"], "reason"),
        _counter("refreshes_joined", "Requests that took the result of a refresh under way.", told["joined"]),
        _counter("refreshes_adopted", "Requests that took what another process had got.", told["adopted"]),
        _counter("failures", "Silent calls and refreshes that ended with an error.", failed, "reason"),
        _counter("prompts", "Requests to a person.", told["prompts"]),
        _counter("prompts_ended", "How they ended.", told["prompts_ended"], "state"),
        _counter("decisions", "What the audit log has a record of.", told["decisions"], "decision"),
        _counter("denials", "What was refused.", told["denials"], "reason"),
        _counter("provider_requests", "Requests to providers for tokens, without a person.", requests),
        _counter("provider_seconds", "How long these took together.", counted.provider_seconds),
        _gauge("cache_entries", "Entries in the first level of the cache.", entries),
        _gauge("cache_size_bytes", "What the first level of the cache takes.", size),
    ]


def _counter(name: str, help_text: str, value: Any, *labels: str) -> Metric:
    family = CounterMetricFamily(_PREFIX + name, help_text, labels=labels)
    for of, count in value.items() if labels else [((), value)]:
        family.add_metric([of] if isinstance(of, str) else list(of), count)
    return family


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(_PREFIX + name, help_text, value=value)


metrics = BrokerMetrics()
