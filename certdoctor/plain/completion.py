"""Shell completion, made from the parser so that it cannot fall behind."""

from __future__ import annotations

import argparse


def script(shell: str, parser: argparse.ArgumentParser) -> str:
    """Return a completion script for bash, zsh or fish."""
    tree = _tree(parser)
    if shell == "fish":
        return "\n".join(_fish(tree))
    body = "\n".join(f'    "{" ".join(path) or "."}") offered="{" ".join(words)}" ;;' for path, words in tree.items())
    names = "|".join(sorted({name for path in tree for name in path}))
    header = "autoload -U +X bashcompinit && bashcompinit\n" if shell == "zsh" else ""
    # "path" and "words" are variables of zsh itself: other names here.
    return f"""{header}_certdoctor() {{
  local offered= typed= word
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$word" in -*) ;; {names}) typed="${{typed:+$typed }}$word" ;; esac
  done
  case "${{typed:-.}}" in
{body}
  esac
  COMPREPLY=($(compgen -W "$offered" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _certdoctor certdoctor"""


def _tree(parser: argparse.ArgumentParser, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], list[str]]:
    words: list[str] = []
    found: dict[tuple[str, ...], list[str]] = {path: words}
    for action in parser._actions:
        words.extend(option for option in action.option_strings if option.startswith("--"))
        if isinstance(action, argparse._SubParsersAction):
            for name, child in action.choices.items():
                words.append(name)
                found |= _tree(child, (*path, name))
        elif action.choices and not action.option_strings:
            words.extend(str(choice) for choice in action.choices)
    return found


def _fish(tree: dict[tuple[str, ...], list[str]]) -> list[str]:
    lines = []
    for path, words in tree.items():
        condition = "__fish_use_subcommand" if not path else f"__fish_seen_subcommand_from {path[-1]}"
        for word in words:
            kind = f"-l {word[2:]}" if word.startswith("--") else f"-a {word}"
            lines.append(f"complete -c certdoctor -n '{condition}' {kind}")
    return lines
