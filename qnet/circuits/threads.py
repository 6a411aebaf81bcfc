"""Threads that build circuits: Qiskit is loaded once, in a thread that lives as long as they do."""

from __future__ import annotations

__all__ = ["load_qiskit"]


def load_qiskit() -> None:
    """Load Qiskit in this thread, so that other threads may build circuits.

    The allocator of its compiled part (mimalloc, in Qiskit 2.6) keeps the thread that loads it as
    its main one. Where that thread ends, the next thread that asks for memory there brings the
    whole process down. So whoever starts threads that use circuits calls this first, in a thread
    that outlives them: the main one.

    Examples:
        >>> load_qiskit()
    """
    import qiskit  # noqa: F401
