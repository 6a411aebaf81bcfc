"""First steps on the command line: templates, examples, notebooks, completion and help."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tomllib

import pytest

from experiments.cli.commands import COMMANDS, EXAMPLES, GROUPS
from experiments.cli.completion import words
from experiments.cli.main import main, parser_of
from experiments.cli.schema import shortest_files
from qnet.schema import KINDS, loads, parse, variants_of
from qnet.schema.shipped import shipped
from qnet.schema.template import template

#: Enough to see a key.
_FEW = {"chain": {"shots": 2000}}

SHORT = {kind: text for kind, text in shortest_files().items() if "[sweep]" not in text}


@pytest.mark.parametrize("kind", SHORT)
def test_a_template_says_what_its_example_says(kind):
    """Oracle: the reader of TOML."""
    values = parse(SHORT[kind])
    assert parse(template(values)) == values


@pytest.mark.parametrize("kind", SHORT)
def test_every_key_of_a_template_can_be_set(kind):
    """Oracle: TOML; a head of a table, or a key, without its # is a line of a file."""
    text = template(parse(SHORT[kind]))
    left_out = [line[1:] for line in text.splitlines() if re.match(r"#[\w\[]", line)]
    for line in left_out:
        assert line == line.strip()
        tomllib.loads(line)
    assert left_out or kind == "twin-field"


@pytest.mark.parametrize("kind", KINDS)
def test_init_prints_a_file_that_is_read(kind, capsys, tmp_path):
    assert main(["init", kind]) == 0
    text = capsys.readouterr().out
    assert tomllib.loads(text)["kind"] == kind
    assert max(len(line) for line in text.splitlines() if line.startswith("# ")) <= 100
    if kind in SHORT and "file =" not in text and not re.search(r"^\w+ = .*\.toml", text, re.M):
        assert type(loads(text)) is type(loads(SHORT[kind]))


@pytest.mark.parametrize("kind", ["chain", "bb84", "decoy-bb84", "e91"])
def test_what_init_prints_makes_a_key(kind, capsys, tmp_path):
    """Oracle: the claim of the result; a newcomer's first run shall not end with no secret key."""
    path = tmp_path / "first.toml"
    assert main(["init", kind, "--out", str(path)]) == 0
    played = loads(path.read_text(encoding="utf-8")).play(seed=1, **_FEW.get(kind, {}))
    assert str(played.security) != "none"
    assert played.secret_key_fraction.low > 0.0


@pytest.mark.parametrize("name", variants_of("application"))
def test_init_of_an_application_is_played_by_its_name(name, capsys):
    assert main(["init", "application", name]) == 0
    assert tomllib.loads(capsys.readouterr().out)["name"] == name


def test_init_writes_no_file_twice(tmp_path, capsys):
    path = str(tmp_path / "my.toml")
    assert main(["init", "chain", "--out", path]) == 0
    assert main(["init", "chain", "--out", path]) == 2
    assert "--out must be a new file" in capsys.readouterr().err
    assert main(["init", "chain", "--out", str(tmp_path / "no" / "my.toml")]) == 2
    assert main(["init", "chian"]) == 2
    assert "chain" in capsys.readouterr().err
    assert main(["init", "chain", "remote-cnot"]) == 2


def test_examples_are_copied_whole_and_once(tmp_path, capsys):
    """Oracle: the files of the package, byte for byte."""
    folder = tmp_path / "mine"
    assert main(["examples", "--copy", str(folder)]) == 0
    for name, path in shipped().items():
        assert (folder / f"{name}.toml").read_bytes() == path.read_bytes()
    assert (folder / "networks" / "national.graphml").is_file()
    capsys.readouterr()
    assert main(["examples", "--copy", str(folder)]) == 2
    assert "without these files" in capsys.readouterr().err
    assert main(["examples", "two-segments", "--copy", str(folder)]) == 2


def test_notebooks_are_listed_in_order_and_copied(tmp_path, capsys):
    assert main(["notebooks"]) == 0
    numbers = re.findall(r"^(\d+)_", capsys.readouterr().out, re.M)
    assert list(map(int, numbers)) == list(range(1, len(numbers) + 1))
    folder = tmp_path / "course"
    assert main(["notebooks", "--copy", str(folder)]) == 0
    assert len(list(folder.glob("*.ipynb"))) == len(numbers)


def test_every_command_is_in_one_group_with_an_example(capsys):
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(COMMANDS) == sorted(EXAMPLES)
    for name, example in EXAMPLES.items():
        given = shlex.split(example)
        assert given[0] == name
        arguments = (
            parser_of(name).parse_args([word for word in given if word != "--help"])
            if ("--help" not in given)
            else None
        )
        assert arguments is None or arguments.command == name
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for title in GROUPS:
        assert f"\n{title}:\n" in shown
    assert main(["run", "--help"]) == 0
    assert f"example: qnet {EXAMPLES['run']}" in capsys.readouterr().out


def test_completion_of_bash_gives_what_a_shell_asks_for(capsys):
    """Oracle: bash itself."""
    assert main(["completion", "bash"]) == 0
    script = capsys.readouterr().out
    if shutil.which("bash") is None:
        pytest.skip("there is no bash")

    def asked(*typed: str) -> list[str]:
        line = " ".join(shlex.quote(word) for word in typed)
        program = f"{script}\nCOMP_WORDS=({line}); COMP_CWORD={len(typed) - 1}; _qnet\n"
        program += 'printf "%s\\n" "${COMPREPLY[@]}"'
        done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True)
        return done.stdout.split()

    assert asked("qnet", "ru") == ["run"]
    assert set(asked("qnet", "run", "--s")) == {"--set", "--shots", "--seed"}
    assert "swap-asap-8" in asked("qnet", "run", "swap")
    assert asked("qnet", "completion", "z") == ["zsh"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_completion_of_other_shells_names_every_command(shell, capsys):
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(name in script for name in COMMANDS)
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True)
    assert "--seed" in words("run")
