"""Secrets Manager: secrets, their versions, their deletion, and pages of them."""

from talk import Talk

from scripts.stage import tags

TOKENS = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(9)]
NAME = "rds/tenant/acme/password"


def secrets(talk: Talk) -> None:
    """A secret is made with an idempotent call, changed, deleted, and brought back."""
    secrets = talk.secrets
    made = secrets.create_secret(
        Name=NAME, ClientRequestToken=TOKENS[0], SecretString="first", Description="A password", Tags=tags()
    )
    secrets.create_secret(
        "again", Name=NAME, ClientRequestToken=TOKENS[0], SecretString="first", Description="A password", Tags=tags()
    )
    secrets.create_secret("the same token, another value", Name=NAME, ClientRequestToken=TOKENS[0], SecretString="x")
    secrets.create_secret("a name that is taken", Name=NAME, ClientRequestToken=TOKENS[1], SecretString="x")
    secrets.describe_secret(SecretId=NAME)
    secrets.describe_secret("by ARN", SecretId=made["ARN"])
    secrets.describe_secret("unknown", SecretId="nothing")
    secrets.get_secret_value(SecretId=NAME)
    secrets.get_secret_value("unknown", SecretId="nothing")
    secrets.put_secret_value(SecretId=NAME, ClientRequestToken=TOKENS[2], SecretString="second")
    secrets.put_secret_value("again", SecretId=NAME, ClientRequestToken=TOKENS[2], SecretString="second")
    secrets.put_secret_value(
        "the same token, another value", SecretId=NAME, ClientRequestToken=TOKENS[2], SecretString="x"
    )
    secrets.put_secret_value("unknown", SecretId="nothing", ClientRequestToken=TOKENS[2], SecretString="x")
    secrets.get_secret_value("the current one", SecretId=NAME)
    secrets.get_secret_value("the previous one", SecretId=NAME, VersionStage="AWSPREVIOUS")
    secrets.get_secret_value("no such stage", SecretId=NAME, VersionStage="AWSPENDING")
    secrets.list_secret_version_ids(SecretId=NAME)
    secrets.update_secret(SecretId=NAME, Description="Another text")
    secrets.update_secret("with a value", SecretId=NAME, ClientRequestToken=TOKENS[3], SecretString="third")
    secrets.update_secret("unknown", SecretId="nothing", Description="x")
    secrets.batch_get_secret_value(SecretIdList=[NAME, "nothing"])
    secrets.tag_resource(SecretId=NAME, Tags=tags(digest="one", tenant_id="globex"))
    secrets.untag_resource(SecretId=NAME, TagKeys=["digest"])
    secrets.tag_resource("unknown", SecretId="nothing", Tags=tags())
    secrets.describe_secret("changed", SecretId=NAME)
    stages(talk)
    deletion(talk)
    pages(talk)


def stages(talk: Talk) -> None:
    """A secret that has no value at first, and then one that is not the current one."""
    secrets, this = talk.secrets, {"SecretId": "staged"}
    secrets.create_secret("without a value", Name="staged", ClientRequestToken=TOKENS[6])
    secrets.get_secret_value("without a value", **this)
    secrets.describe_secret("without a value", **this)
    secrets.put_secret_value("of bytes", **this, SecretBinary=b"x", ClientRequestToken=TOKENS[7])
    secrets.get_secret_value("of bytes", **this)
    secrets.put_secret_value("beside", **this, SecretString="y", VersionStages=["OWN"], ClientRequestToken=TOKENS[8])
    secrets.get_secret_value("beside", **this, VersionStage="OWN")
    secrets.get_secret_value("by its id", **this, VersionId=TOKENS[8])
    secrets.get_secret_value("still current", **this)
    secrets.describe_secret("with a stage of its own", **this)
    secrets.list_secret_version_ids("with a stage of its own", **this)
    secrets.delete_secret("with a stage of its own", **this, ForceDeleteWithoutRecovery=True)


def deletion(talk: Talk) -> None:
    secrets = talk.secrets
    secrets.delete_secret("too short a window", SecretId=NAME, RecoveryWindowInDays=3)
    secrets.delete_secret("both ways", SecretId=NAME, RecoveryWindowInDays=7, ForceDeleteWithoutRecovery=True)
    secrets.delete_secret(SecretId=NAME, RecoveryWindowInDays=7)
    secrets.get_secret_value("scheduled for deletion", SecretId=NAME)
    secrets.update_secret("scheduled for deletion", SecretId=NAME, Description="x")
    secrets.describe_secret("scheduled for deletion", SecretId=NAME)
    secrets.create_secret("scheduled for deletion", Name=NAME, ClientRequestToken=TOKENS[5], SecretString="x")
    secrets.list_secrets("without it", Filters=[{"Key": "name", "Values": ["rds/tenant/"]}])
    secrets.list_secrets("with it", IncludePlannedDeletion=True, Filters=[{"Key": "name", "Values": ["rds/tenant/"]}])
    secrets.restore_secret(SecretId=NAME)
    secrets.restore_secret("again", SecretId=NAME)
    secrets.get_secret_value("restored", SecretId=NAME)
    secrets.delete_secret("for good", SecretId=NAME, ForceDeleteWithoutRecovery=True)
    secrets.describe_secret("gone", SecretId=NAME)
    secrets.delete_secret("gone", SecretId=NAME, RecoveryWindowInDays=7)


def pages(talk: Talk) -> None:
    secrets, filters = talk.secrets, [{"Key": "name", "Values": ["paged/"]}]
    for number in range(5):
        secrets.create_secret(Name=f"paged/{number}", ClientRequestToken=TOKENS[number], SecretString="x", Tags=tags())
    secrets.pages("list_secrets", "SecretList", Filters=filters, PaginationConfig={"PageSize": 2})
    secrets.list_secrets("by a tag's value", Filters=[*filters, {"Key": "tag-value", "Values": ["acme"]}])
    secrets.list_secrets("by another tag's value", Filters=[*filters, {"Key": "tag-value", "Values": ["globex"]}])
    for number in range(5):
        secrets.delete_secret(SecretId=f"paged/{number}", ForceDeleteWithoutRecovery=True)
