"""Settings of every test: how long an example of Hypothesis takes is no fault of it."""

from hypothesis import HealthCheck, settings

settings.register_profile("any load", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any load")
