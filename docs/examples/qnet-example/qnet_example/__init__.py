"""What this package adds to qnet: one line for each thing, in the table of its kind.

Kinds of file, applications and commands are named, and loaded when they are asked for.
"""

from experiments.cli.commands import register
from protocols.applications.table import register_application
from qnet.schema import register_kind


def _register_parts() -> None:
    """Strategies, schemes and presets, which are objects in the tables."""
    from protocols.repeaters import STRATEGIES
    from qnet.hardware import register_preset
    from qnet.links import SCHEMES
    from qnet_example.preset import LAB
    from qnet_example.scheme import EndStation
    from qnet_example.strategy import CENTRE_LAST

    STRATEGIES[CENTRE_LAST.name] = CENTRE_LAST
    SCHEMES[EndStation.scheme] = EndStation
    register_preset(LAB)


_register_parts()
register_kind("tilted-b92", "qnet_example.scenario_kind:TiltedB92Scenario")
register_application("state-preparation", "qnet_example.application:StatePreparation")
register("conclusive", "qnet_example.command")
