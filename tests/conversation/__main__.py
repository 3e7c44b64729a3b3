"""Says the same to two AWSs, moto and the sandbox, and holds what they answer against each other.

The sandbox was written here, from the same documents as what is tried on it; moto was not. So wherever moto is right,
the sandbox must give the same parsed answers and refusals. Where it gives others, an exception says which of the two is
right, by what source, and why; an exception that nothing needs any more is a failure itself.

    python -B tests/conversation --left URL-OF-MOTO --right URL-OF-THE-SANDBOX [--theme network]

Both must be empty. It prints each difference that no exception covers and each stale exception, and exits 1; or it
prints how much agrees and exits 0. Exceptions are only stale where all themes are played.

It does not show that either is like AWS where both agree, nor how long anything takes: the sandbox should let things
happen at once. Texts of refusals are not compared, for AWS promises none.
"""

import argparse
import sys

from compare import Comparison
from exceptions import EXCEPTIONS
from scripts import THEMES
from talk import Talk


def main() -> int:
    wanted = arguments()
    talks = [play(Talk(endpoint), wanted.theme) for endpoint in (wanted.left, wanted.right)]
    comparison = Comparison(talks[0].themes, talks[1].themes)
    needed = {exception for exception in EXCEPTIONS for one in comparison.differences if exception.covers(one)}
    open_ones = [one for one in comparison.differences if not any(exception.covers(one) for exception in needed)]
    stale = [] if wanted.theme else [exception for exception in EXCEPTIONS if exception not in needed]
    for difference in open_ones:
        print(difference)
    for exception in stale:
        print(f"stale: {exception}")
    compared = f"{comparison.calls} calls, {comparison.fields} fields agree"
    if open_ones or stale:
        print(f"{compared}, {len(open_ones)} do not; {len(stale)} exceptions are stale")
        return 1
    print(f"{compared}; {len(needed)} exceptions cover the {len(comparison.differences)} others")
    return 0


def play(talk: Talk, only: list[str]) -> Talk:
    """Plays the themes, or those that are asked for."""
    for theme in THEMES:
        if not only or theme.__name__ in only:
            talk.about(theme)
    return talk


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Holds the answers of two AWSs against each other.")
    parser.add_argument("--left", required=True, help="where moto answers")
    parser.add_argument("--right", required=True, help="where the sandbox answers")
    parser.add_argument("--theme", action="append", choices=[theme.__name__ for theme in THEMES], help="only this one")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
