"""What is counted, for Prometheus."""

from prometheus_client import Counter, Histogram

EVENTS = Counter("okienko_events_total", "Inbound events by channel and whether they were new", ["channel", "new"])
TURNS = Counter("okienko_turns_total", "Turns by outcome", ["outcome"])
TURN_FAILURES = Counter("okienko_turn_failures_total", "Turns that failed and were tried again or given up", ["end"])
TURN_SECONDS = Histogram(
    "okienko_turn_seconds", "Time of a turn", buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
)
DELIVERIES = Counter(
    "okienko_deliveries_total", "Delivery attempts by channel and the state after", ["channel", "state"]
)
ERRORS = Counter("okienko_errors_total", "Unexpected errors, each logged once with its id", ["where"])
