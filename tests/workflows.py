"""Checks the action, the workflows and the include for GitLab: they are YAML, what they use is pinned by a commit, and
shellcheck finds nothing in the scripts inside of them.

    python3 workflows.py ROOT SHELLCHECK
"""

import pathlib
import re
import subprocess
import sys

import yaml

# Steps get their expressions as variables, so none may be inside of a script, where they could be code.
EXPRESSION = re.compile(r"\$\{\{")
PINNED = re.compile(r"^[\w.-]+/[\w./-]+@[0-9a-f]{40}$")


def steps(document):
    """The steps of an action or of the jobs of a workflow."""
    if "runs" in document:
        return document["runs"]["steps"]
    return [step for job in document["jobs"].values() for step in job.get("steps", [])]


def gitlab_scripts(documents):
    """The script of each job of an include, whose lines run in one shell."""
    jobs = documents[-1].values()
    for job in jobs:
        # GitLab's runner ends a script at its first failure.
        lines = ["set -e", *job.get("before_script", []), *job.get("script", [])]
        # Inputs are replaced before the shell reads the script.
        yield re.sub(r"\$\[\[[^]]*\]\]", "input", "\n".join(lines))


def main(root, shellcheck):
    problems, scripts = [], []
    for path in [root / "action.yml", *sorted((root / ".github/workflows").glob("*.yml"))]:
        for step in steps(yaml.safe_load(path.read_text())):
            name = f"{path.relative_to(root)}: {step.get('name', step.get('uses'))}"
            if "uses" in step and not PINNED.match(step["uses"]):
                problems.append(f"{name}: `{step['uses']}` is not pinned by a commit")
            if EXPRESSION.search(step.get("run", "")):
                problems.append(f"{name}: an expression in a script is code; pass it as a variable")
            if "run" in step:
                scripts.append((name, step["run"]))
    include = list(yaml.safe_load_all((root / "ci/gitlab.yml").read_text()))
    scripts += [("ci/gitlab.yml", script) for script in gitlab_scripts(include)]
    for name, script in scripts:
        # The variables come from the step or from the forge.
        command = [shellcheck, "--shell=bash", "--exclude=SC2154", "-"]
        found = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
        if found.returncode != 0:
            problems.append(f"{name}:\n{found.stdout}{found.stderr}")
    print("\n".join(problems), file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), sys.argv[2]))
