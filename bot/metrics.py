"""What is counted, for Prometheus."""

from prometheus_client import Counter

DELIVERIES = Counter(
    "okienko_deliveries_total", "Delivery attempts by channel and the state after", ["channel", "state"]
)
ERRORS = Counter("okienko_errors_total", "Unexpected errors, each logged once with its id", ["where"])
