"""What Prometheus sees of the city: ``/metrics``, ``/probe``, ``/sd``, ``/-/healthy``, ``/-/ready``, ``/-/slow``.

One module a subject. What changes with time alone is rendered at the scrape; readings are joined from the pieces
made when the devices were polled.
"""

from exporters.app import Exporter
from exporters.pollers import Monitor
from exporters.probing import Answers, Question, RefusedError

__all__ = ["Answers", "Exporter", "Monitor", "Question", "RefusedError"]
