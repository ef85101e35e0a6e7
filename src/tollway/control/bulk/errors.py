"""Refusals of the bulk domain."""

from tollway.kernel.errors import TollwayError


def job_not_found() -> TollwayError:
    """Return management.not_found for a job."""
    return TollwayError("management.not_found", public="There is no such job.")


def job_running() -> TollwayError:
    """Return management.conflict: one job at a time, so that what it says it changed is true."""
    return TollwayError("management.conflict", public="Another job is running. Wait for its end, or cancel it.")


def job_not_running() -> TollwayError:
    """Return management.conflict: a job that has ended cannot be cancelled."""
    return TollwayError("management.conflict", public="The job has ended.")


def cannot_undo(why: str) -> TollwayError:
    """Return management.conflict for a job that cannot be taken back."""
    return TollwayError("management.conflict", public=f"This job cannot be taken back: {why}.")
