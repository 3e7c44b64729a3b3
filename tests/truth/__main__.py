"""Replays the facts of `crates/sandbox/truth`, each to an AWS of its own in which there is nothing yet.

    python -B tests/truth < ENDPOINTS

Standard input has a line for each fact that is to be replayed: its id, a blank, and the URL of its AWS. For each it
prints a line: `ok`, or what is not as it should be, which is a fact that does not hold though `differences.json` does
not list it, or one that is listed there and holds after all.
"""

import sys

from facts import Fact, differences, facts
from replay import replay


def main() -> None:
    known, held = differences(), {fact.id: fact for fact in facts()}
    for line in sys.stdin:
        id_, endpoint = line.split()
        print(judged(held[id_], endpoint, known.get(id_)), flush=True)


def judged(fact: Fact, endpoint: str, reason: str | None) -> str:
    """What is not as it should be with a fact, of which a reason may say why it does not hold."""
    try:
        told = replay(fact, endpoint)
    except LookupError as error:
        told = [str(error)]
    if told and reason is None:
        return "; ".join(told).replace("\n", " ")
    return "ok" if told or reason is None else f"it holds, though it is a known difference: {reason}"


if __name__ == "__main__":
    main()
