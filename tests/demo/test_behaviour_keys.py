"""Secrets and access keys with a past."""

from __future__ import annotations

from datetime import timedelta

from tests.demo.conftest import Aws
from tradai_console.demo.behaviour import keys


def test_a_secret_is_as_old_as_it_is_said_to_be(aws: Aws) -> None:
    """Made and changed so long ago; a new value is of now."""
    secrets = aws.client("secretsmanager")
    secrets.create_secret(Name="tradai/prod/x", SecretString="a")
    keys.age_secret("tradai/prod/x", 20 * 86_400)
    described = secrets.describe_secret(SecretId="tradai/prod/x")
    assert timedelta(days=19) < aws.clock.now() - described["LastChangedDate"] < timedelta(days=21)
    assert timedelta(days=19) < aws.clock.now() - described["CreatedDate"] < timedelta(days=21)
    secrets.put_secret_value(SecretId="tradai/prod/x", SecretString="b")
    described = secrets.describe_secret(SecretId="tradai/prod/x")
    assert aws.clock.now() - described["LastChangedDate"] < timedelta(days=1)


def test_a_key_has_an_age_and_a_last_use(aws: Aws) -> None:
    """What a stranger has done with it IAM tells too."""
    iam = aws.client("iam")
    iam.create_user(UserName="ci")
    key = iam.create_access_key(UserName="ci")["AccessKey"]["AccessKeyId"]
    assert "LastUsedDate" not in iam.get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"]
    keys.age_key(key, 30 * 86_400)
    keys.use_key(key, "s3")
    (listed,) = iam.list_access_keys(UserName="ci")["AccessKeyMetadata"]
    assert timedelta(days=29) < aws.clock.now() - listed["CreateDate"] < timedelta(days=31)
    used = iam.get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"]
    assert used["ServiceName"] == "s3"
    assert abs(aws.clock.now() - used["LastUsedDate"]) < timedelta(seconds=5)
