"""`make deploy`: build for AWS and deploy there, guided the first time."""

import subprocess
import sys

from boto3.session import Session
from botocore.exceptions import BotoCoreError

from local.build import build
from local.machine import CommandFailed, environment
from local.places import ROOT, SAM
from local.progress import console, fail, step

AWS_PARAMETERS = {"PythonRuntime": "python3.13", "Architecture": "arm64"}
"""The template's defaults; bundles/ builds them on any machine."""


def lacking(session: Session, *, guided: bool) -> str:
    """What AWS needs and the shell does not have; empty when all is there. Guided deployments ask
    for the region themselves."""
    if session.get_credentials() is None:
        return "no AWS credentials: run `aws configure`, or set AWS_PROFILE or AWS_ACCESS_KEY_ID …"
    if not guided and not session.region_name:
        return "no region: set AWS_DEFAULT_REGION, or give the profile one"
    return ""


def main(stage: str = "default") -> int:
    """Build, then hand the terminal to `sam deploy`; its exit status, or 1 with the cause."""
    try:
        cause = lacking(Session(), guided=stage == "default")
    except BotoCoreError as error:
        cause = str(error)
    if cause:
        fail(cause)
        return 1
    try:
        with step("Build (sam build)"):
            built = build(AWS_PARAMETERS)
    except CommandFailed as failure:
        fail(str(failure))
        return 1
    console.print("Deploy with your AWS credentials:", style="bold")
    guided = ["--guided"] if stage == "default" else ["--config-env", stage]
    command = [SAM, "deploy", "--template-file", built, "--config-file", ROOT / "samconfig.toml"]
    parts = [str(part) for part in (*command, *guided)]
    account = environment({}, aws_account=True)
    done = subprocess.run(parts, cwd=ROOT, env=account, check=False)  # noqa: S603 - our command
    if done.returncode == 0:
        console.print(
            "\nThe first token, once: .venv/bin/python -m local.operator_token STACK REGION"
        )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
