"""Settings of every test: how long an example of Hypothesis takes is no fault of it."""

import contextlib
import signal

from hypothesis import HealthCheck, settings

# A shell that runs the tests in the background ignores the interrupt key, and so would every
# process that they start.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    with contextlib.suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("any load", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any load")
