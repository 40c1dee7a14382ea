"""What is counted for operators (Prometheus). Counts and durations only: no person, no text."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

received = Counter("lanyard_inbound_total", "Messages, presses and forms taken in", ["platform", "kind"])
failed = Counter("lanyard_inbound_failed_total", "Inbound that raised an error of ours", ["platform"])
decided = Counter("lanyard_questions_total", "Questions, by what was decided", ["decision"])
overheard = Counter("lanyard_overheard_total", "Questions nobody put to Lanyard, by what came of them", ["outcome"])
delivered = Counter("lanyard_deliveries_total", "Messages and revisions, by outcome", ["platform", "outcome"])
nudged = Counter("lanyard_nudges_total", "Nudges fallen due, by what became of them", ["outcome"])
sent_after_seconds = Histogram(
    "lanyard_sent_after_seconds",
    "From what was said, committed, to its being sent",
    ["lane"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600, 14400),
)
answer_seconds = Histogram(
    "lanyard_answer_seconds",
    "From the search to the committed decision",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)
inbox_pending = Gauge("lanyard_inbox_pending", "Messages that wait for a worker")
outbox_pending = Gauge("lanyard_outbox_pending", "Messages that wait for their platform", ["lane"])
outbox_oldest = Gauge("lanyard_outbox_oldest_seconds", "For how long the oldest of them has waited", ["lane"])
paused = Gauge(
    "lanyard_paused_buckets", "Limits of platforms that rest because the platform asked for it", ["platform"]
)
paused_for = Gauge("lanyard_paused_seconds", "How long the longest of these rests goes on", ["platform"])
model_loaded = Gauge("lanyard_model_loaded", "1 where a language model serves, 0 where words alone do", ["model"])
unread = Gauge("lanyard_snippets_unread", "Snippets that the language model of this process has still to read")
read = Counter("lanyard_snippets_read_total", "Texts that the language model of this process has read")
evidence_unread = Gauge("lanyard_evidence_unread", "Pieces of evidence that the language model has still to read")
evidence_read = Counter("lanyard_evidence_read_total", "Pieces of evidence that this process's language model has read")
index_snippets = Gauge("lanyard_index_snippets", "Snippets in the indexes that this process holds")
index_bytes = Gauge("lanyard_index_bytes", "Memory that these indexes take, by their own account")
