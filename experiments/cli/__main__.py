"""``python -m experiments.cli``: the same as ``qnet``."""

from experiments.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
