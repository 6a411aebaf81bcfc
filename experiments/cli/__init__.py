"""The command line: ``qnet run``, ``presets``, ``draw``, ``agree``, ``cite`` and ``timeline``."""
