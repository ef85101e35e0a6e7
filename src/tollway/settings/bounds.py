"""The range of every number among the settings, and why.

A number without a row here fails a test, so that no setting can be zero or endless by accident.
"""

_DAY_SECONDS = 86_400
_GIB = 1_073_741_824

BOUNDS: dict[str, tuple[float, float]] = {
    # More workers than this are a slip of the finger; a worker costs about 60 MB.
    "gateway.workers": (1, 256),
    "console.session_idle_seconds": (60, 30 * _DAY_SECONDS),
    "console.session_absolute_seconds": (60, 90 * _DAY_SECONDS),
    "console.setup_link_seconds": (60, _DAY_SECONDS),
    # Less would ask again between two steps of one act.
    "console.step_up_seconds": (60, _DAY_SECONDS),
    "limits.head_bytes_max": (1_024, 1_048_576),
    "limits.request_line_bytes_max": (256, 65_536),
    "limits.headers_max": (8, 1_000),
    "limits.body_bytes_max": (1_024, _GIB),
    "limits.answer_bytes_max": (1_024, _GIB),
    "limits.buffers_bytes_max": (1_048_576, 64 * _GIB),
    "limits.connections_max": (8, 1_000_000),
    "limits.pipelined_max": (1, 1_000),
    "timeouts.head_seconds": (0.1, 600),
    "timeouts.body_seconds": (0.1, 3_600),
    "timeouts.idle_seconds": (0.1, 3_600),
    "timeouts.drain_seconds": (0, 3_600),
    # A worker on a busy machine is put aside for tenths of a second; 0 refuses at once.
    "timeouts.meters_seconds": (0, 300),
    "timeouts.upstream_connect_seconds": (0.05, 300),
    "timeouts.upstream_first_byte_seconds": (0.1, 3_600),
    "timeouts.upstream_idle_seconds": (0.1, 3_600),
    "timeouts.upstream_total_seconds": (0.1, _DAY_SECONDS),
    "budgets.unbounded_output_tokens_max": (1, 10_000_000),
    "retention.calls_days": (1, 3_650),
    "retention.minutes_days": (1, 3_650),
    "retention.hours_days": (1, 3_650),
    # 0 keeps all: what an auditor may ask for should go only because somebody said so.
    "retention.audit_days": (0, 36_500),
}
