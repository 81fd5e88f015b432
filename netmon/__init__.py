"""netmon: sees a city's free Wi-Fi and its links, and says truthfully how available they were."""

__version__ = "0.1.0"
